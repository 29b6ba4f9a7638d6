//! `aldb reactor`: loads a recipe into a controller, runs and follows it; and a simulated controller for practice.

mod check;

use std::io::{IsTerminal as _, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aldb_ingest::{RunEnd, RunLog, keep_recipe, run_log_path};
use aldb_lab::{Fault, Simulator};
use aldb_lake::Lake;
use aldb_query::table::write_list;
use aldb_recipe::as_run::RunHead;
use aldb_recipe::session::{self, COOLING_MS, Command, End, Identity, Interrupt, Next, Run, Safety, State, Status};
use aldb_recipe::{Clock, Mounted, Released};
use clap::{Args, Subcommand};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::reactor::modbus::ModbusController;
use crate::reactor::simulation::Simulation;
use crate::recipes::{self, NamedRecipe, OnReactor};
use crate::terminal;

/// Load a recipe into the controller of a reactor, run it and follow it.
#[derive(Debug, Args)]
#[command(
    after_help = "Hardware interlocks remain mandatory: aldb is software. docs/REACTOR.md contains the register map.\n\
                        `aldb recipe --help` explains how RECIPE and --reactor are found."
)]
pub(crate) struct ReactorCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Check the description of a reactor, and list all its faults
    Check {
        /// The reactor: a file, a name in the lake's reactors/, or a shipped reactor
        reactor: String,
        /// Output format
        #[arg(long, value_enum, default_value_t)]
        format: ReportFormat,
    },
    /// Download a checked recipe into the controller, read it back and compare
    Load {
        #[command(flatten)]
        on: OnReactor,
        #[command(flatten)]
        at: At,
    },
    /// Compare the recipe in the controller with a recipe; nothing is written
    Verify {
        #[command(flatten)]
        on: OnReactor,
        #[command(flatten)]
        at: At,
    },
    /// Start the loaded recipe and watch the run to its end; Ctrl-C ends it in the safe state
    Start {
        #[command(flatten)]
        on: OnReactor,
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        options: StartOptions,
    },
    /// Print the digest of a reactor's description, which its controller holds
    Digest {
        /// The reactor
        #[arg(env = "ALDB_REACTOR", default_value = "high_vacuum")]
        reactor: String,
    },
    /// Show the state of the controller
    Status {
        #[command(flatten)]
        at: At,
        /// Output format
        #[arg(long, value_enum, default_value_t)]
        format: ReportFormat,
    },
    /// Pause the run: precursor valves closed, pump on
    Pause {
        #[command(flatten)]
        at: At,
    },
    /// Resume a paused run; only possible where it was started
    Resume {
        #[command(flatten)]
        at: At,
    },
    /// End the run in the safe state; possible from any client
    Abort {
        #[command(flatten)]
        at: At,
    },
    /// Follow a run that another client drives
    Watch {
        #[command(flatten)]
        on: OnReactor,
        #[command(flatten)]
        at: At,
    },
    /// Run a simulated controller for practice: the same protocol, a simulated reactor
    Simulate {
        /// The reactor
        #[arg(long, env = "ALDB_REACTOR", default_value = "high_vacuum")]
        reactor: String,
        /// Port on this computer; 0 chooses a free one
        #[arg(long, default_value_t = 5020)]
        port: u16,
        /// Speed of the process relative to the clock; heartbeats follow the clock
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        time_scale: u32,
        /// A fault to simulate, such as stuck-open:V1@120, drift:block@60, stop@30, skips-pumps or wrong-valve:V2; an unknown
        /// one lists them all
        #[arg(long, value_name = "FAULT")]
        fault: Vec<String>,
    },
}

/// What a start has to know.
#[derive(Debug, Clone, Args)]
struct StartOptions {
    /// Name of the run [default: recipe and time]
    #[arg(long, value_name = "NAME")]
    run_id: Option<String>,
    /// What is mounted: a file with [[mounted]] [default: mounted/<reactor>.toml of the lake]
    #[arg(long, value_name = "FILE")]
    mounted: Option<PathBuf>,
    /// What you read on the bottle of a line of the recipe; it is compared with what is mounted
    #[arg(long, value_name = "VALVE=BOTTLE")]
    bottle: Vec<String>,
    /// Who starts the run
    #[arg(long, value_name = "NAME", env = "USER", default_value = "not stated")]
    operator: String,
}

/// Where the controller is.
#[derive(Debug, Clone, Args)]
struct At {
    /// Address of the controller, HOST:PORT
    #[arg(long, value_name = "HOST:PORT", env = "ALDB_CONTROLLER")]
    at: String,
}

/// For how long `status` waits for heaters to be seen falling (ms).
const FALLING_MS: u64 = 3000;
/// Time within which a pause or a resumption has to be seen (ms).
const SEEN_MS: u64 = 3000;
/// Timeout of an answer.
const ANSWER: Duration = Duration::from_secs(3);

impl At {
    fn controller(&self) -> ModbusController {
        ModbusController::new(self.at.clone(), ANSWER, Handle::current())
    }
}

/// The clock of this computer.
struct WallClock(Instant);

impl WallClock {
    fn new() -> Self {
        Self(Instant::now())
    }
}

impl Clock for WallClock {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn wait_ms(&mut self, ms: u64) {
        std::thread::sleep(Duration::from_millis(ms));
    }
}

impl ReactorCommand {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        match self.action {
            Action::Check { reactor, format } => check::check(&reactor, lake, format),
            Action::Load { on, at } => {
                let (named, Some(released)) = on.released(lake)? else { return Ok(Outcome::Failed) };
                let lake = lake.open()?;
                blocking(move || load(&lake, &named, &released, &at)).await
            }
            Action::Verify { on, at } => {
                let (_, Some(released)) = on.released(lake)? else { return Ok(Outcome::Failed) };
                blocking(move || {
                    session::verify(&mut at.controller(), &released)?;
                    terminal::message(&format_args!("the controller contains recipe {}", released.program().recipe_id));
                    Ok(Outcome::Done)
                })
                .await
            }
            Action::Digest { reactor } => {
                let digest = recipes::reactor(&reactor, lake)?.digest;
                let words: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                writeln!(terminal::output(), "{words}")?;
                Ok(Outcome::Done)
            }
            Action::Start { on, at, options } => {
                let (named, Some(released)) = on.released(lake)? else { return Ok(Outcome::Failed) };
                let lake = lake.open()?;
                let interrupts = interrupts();
                blocking(move || start(&lake, &named, &released, &at, options, interrupts)).await
            }
            Action::Watch { on, at } => {
                let (_, Some(released)) = on.released(lake)? else { return Ok(Outcome::Failed) };
                blocking(move || watch(&released, &at)).await
            }
            Action::Status { at, format } => blocking(move || status(&at, format)).await,
            Action::Pause { at } => order(lake, at, Command::Pause).await,
            Action::Resume { at } => order(lake, at, Command::Resume).await,
            Action::Abort { at } => order(lake, at, Command::Abort).await,
            Action::Simulate { reactor, port, time_scale, fault } => {
                let reactor = recipes::reactor(&reactor, lake)?;
                let faults = fault.iter().map(|words| Fault::parse(words, &reactor)).collect::<Result<Vec<_>, _>>()?;
                let simulator = Simulator::new(&reactor, faults).with_time_scale(time_scale);
                let listener = TcpListener::bind(("127.0.0.1", port))
                    .await
                    .map_err(|error| format!("cannot listen on port {port}: {error}"))?;
                let address = listener.local_addr()?;
                let mut out = terminal::output();
                writeln!(out, "simulated controller of {} at {address}; Ctrl-C ends it", reactor.name)?;
                out.flush()?;
                drop(out);
                let simulation = Simulation::new(simulator);
                tokio::select! {
                    served = simulation.serve(listener) => served?,
                    _ = tokio::signal::ctrl_c() => {}
                }
                Ok(Outcome::Done)
            }
        }
    }
}

/// Runs blocking communication with a controller on a thread of its own: the runtime serves the connection.
async fn blocking(work: impl FnOnce() -> Result<Outcome, Error> + Send + 'static) -> Result<Outcome, Error> {
    tokio::task::spawn_blocking(work).await?
}

/// Interrupts by Ctrl-C, `kill` and the end of the terminal.
fn interrupts() -> mpsc::UnboundedReceiver<Interrupt> {
    let (send, receive) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            stop_signal().await;
            if send.send(Interrupt::Abort).is_err() {
                return;
            }
        }
    });
    receive
}

#[cfg(unix)]
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (terminate, hang_up) = (signal(SignalKind::terminate()), signal(SignalKind::hangup()));
    let (Ok(mut terminate), Ok(mut hang_up)) = (terminate, hang_up) else {
        // Where it cannot be awaited, that counts as an interrupt.
        tokio::signal::ctrl_c().await.ok();
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
}

#[cfg(not(unix))]
async fn stop_signal() {
    // Where it cannot be awaited, that counts as an interrupt.
    tokio::signal::ctrl_c().await.ok();
}

/// A number that no other client uses, from the time and the process id.
fn new_token() -> u32 {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.subsec_nanos());
    (nanos ^ std::process::id().rotate_left(16)).max(1)
}

/// File of the operator's token during a run, so that `resume` works from another terminal.
fn token_file(lake: &Lake, at: &str) -> PathBuf {
    let name: String = at.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    lake.root().join("state").join(format!("operator-{name}"))
}

fn load(lake: &Lake, named: &NamedRecipe, released: &Released, at: &At) -> Result<Outcome, Error> {
    let identity = session::load(&mut at.controller(), &mut WallClock::new(), released, new_token())?;
    keep_recipe(lake, &named.recipe, &named.text)?;
    let program = released.program();
    terminal::message(&format_args!(
        "loaded recipe {} ({} steps, {} loops, {}) into {}{}; read back and compared",
        program.recipe_id,
        program.slots.len(),
        program.loops.len(),
        hours(program.duration_ms()),
        released.reactor().name,
        if identity.simulated { " (simulation)" } else { "" }
    ));
    Ok(Outcome::Done)
}

fn hours(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{}:{:02}:{:02} h", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn start(
    lake: &Lake,
    named: &NamedRecipe,
    released: &Released,
    at: &At,
    options: StartOptions,
    mut interrupts: mpsc::UnboundedReceiver<Interrupt>,
) -> Result<Outcome, Error> {
    let started_at = local_time();
    let run_id = options
        .run_id
        .clone()
        .unwrap_or_else(|| format!("{}-{}", started_at.replace(':', ""), &released.program().recipe_id[..8]));
    let path = run_log_path(lake, &run_id)?;
    let token_path = token_file(lake, &at.at);
    let (mut controller, mut clock, token) = (at.controller(), WallClock::new(), new_token());
    let identity = session::identify_as(&mut controller, released.reactor())?;
    let mounted = mounted(lake, released, &identity, &options)?;
    let mut run = Run::claim(&mut controller, &mut clock, released, token)?;
    keep_recipe(lake, &named.recipe, &named.text)?;
    let accepted: Vec<_> =
        released.recipe().accepted.iter().map(|accepted| format!("{}: {}", accepted.rule, accepted.reason)).collect();
    let head = RunHead {
        run_id: run_id.clone(),
        recipe_id: released.program().recipe_id.clone(),
        reactor: released.reactor().name.clone(),
        started_at,
        simulated: identity.simulated,
        reactor_digest: identity.reactor_digest.clone(),
        started_by: options.operator.clone(),
        accepted: accepted.join("; "),
        mounted,
    };
    // Nothing is started that cannot be recorded.
    let mut log = match RunLog::create(lake, &head) {
        Ok(log) => log,
        Err(error) => {
            session::command(&mut controller, &mut clock, token, Command::Release).ok();
            return Err(format!("the run was not started because it cannot be recorded: {error}").into());
        }
    };
    if let Err(error) = run.begin(&mut controller, &mut clock) {
        let rows = run.take_rows();
        let written = rows.iter().try_for_each(|row| log.write(&row.line()));
        let is_refused = matches!(error, session::SessionError::Refused { .. });
        let end = RunEnd {
            ended_at: local_time(),
            outcome: if is_refused { "not started" } else { "contact lost" },
            safe_state_seen: if is_refused { None } else { Some(false) },
            end: rows.last().map(|row| row.message.clone()).unwrap_or_default(),
            deviations: 0,
            leak_rate_pa_per_s: None,
        };
        let words = end.end.clone();
        // The reason why nothing was started is what counts.
        log.ended(&end).ok();
        written?;
        session::command(&mut controller, &mut clock, token, Command::Release).ok();
        terminal::error(&words);
        return Ok(Outcome::Failed);
    }
    if let Err(error) = std::fs::write(&token_path, format!("{token:08x}")) {
        let path = token_path.display();
        terminal::message(&format_args!(
            "the run cannot be resumed from another terminal: cannot write {path}: {error}"
        ));
    }
    terminal::message(&format_args!("run {run_id} started; its log is {}", path.display()));
    let end = follow(&mut run, &mut controller, &mut clock, released, Some(&mut log), &mut interrupts);
    // The token is of no use any more; the run has ended, and how is what counts.
    std::fs::remove_file(&token_path).ok();
    session::command(&mut controller, &mut clock, token, Command::Release).ok();
    let end = end?;
    let ended = log.ended(&RunEnd {
        ended_at: local_time(),
        outcome: end.name(),
        safe_state_seen: Some(end.is_safe()),
        end: end.to_string(),
        deviations: run.deviations(),
        leak_rate_pa_per_s: run.leak_rate_pa_per_s(),
    });
    match ended {
        Ok(true) => {}
        Ok(false) => terminal::message(&format_args!(
            "the description of run {run_id} was changed during the run: its end is only in its log"
        )),
        Err(error) => terminal::error(&format!("the end of run {run_id} is only in its log: {error}")),
    }
    report_end(&end)
}

/// The bottles that are mounted, in words, once the operator has stated them.
fn mounted(lake: &Lake, released: &Released, identity: &Identity, options: &StartOptions) -> Result<String, Error> {
    let default = lake.root().join("mounted").join(format!("{}.toml", released.reactor().name));
    let path = options.mounted.clone().unwrap_or(default);
    if identity.simulated && options.bottle.is_empty() && options.mounted.is_none() && !path.exists() {
        return Ok(String::new());
    }
    let place = path.display();
    let text = std::fs::read_to_string(&path).map_err(|error| {
        format!("cannot read what is mounted: {place}: {error}; docs/REACTOR.md explains [[mounted]]")
    })?;
    let all = Mounted::all(&text).map_err(|why| format!("{place}: {why}"))?;
    let needed = Mounted::of_recipe(&all, released).map_err(|why| format!("{place}: {why}"))?;
    let mut stated = options.bottle.clone();
    if stated.is_empty() && !identity.simulated {
        stated = ask(&needed)?;
    }
    if !(stated.is_empty() && identity.simulated) {
        Mounted::confirm(&needed, &stated).map_err(|why| format!("{place}: {why}"))?;
    }
    Ok(needed.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

/// Asks for what is on the bottles, if somebody is there to answer.
fn ask(needed: &[&Mounted]) -> Result<Vec<String>, Error> {
    if !std::io::stdin().is_terminal() {
        return Ok(Vec::new());
    }
    let mut stated = Vec::new();
    for it in needed {
        terminal::message(&format_args!("what is written on the bottle of {} on line {}?", it.precursor, it.valve));
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        stated.push(format!("{}={}", it.valve, line.trim()));
    }
    Ok(stated)
}

fn watch(released: &Released, at: &At) -> Result<Outcome, Error> {
    let (mut controller, mut clock) = (at.controller(), WallClock::new());
    let mut run = Run::watch(&mut controller, clock.now_ms(), released)?;
    let (_keep, mut none) = mpsc::unbounded_channel();
    report_end(&follow(&mut run, &mut controller, &mut clock, released, None, &mut none)?)
}

fn report_end(end: &End) -> Result<Outcome, Error> {
    match end {
        End::Complete { .. } => {
            terminal::message(&end);
            Ok(Outcome::Done)
        }
        _ => {
            terminal::error(&end.to_string());
            Ok(Outcome::Failed)
        }
    }
}

fn follow(
    run: &mut Run<'_>,
    controller: &mut ModbusController,
    clock: &mut WallClock,
    released: &Released,
    mut log: Option<&mut RunLog>,
    interrupts: &mut mpsc::UnboundedReceiver<Interrupt>,
) -> Result<End, Error> {
    let cycles = released.program().cycle_count();
    let bar = terminal::bar("cycle");
    bar.set_length(cycles);
    loop {
        while let Ok(interrupt) = interrupts.try_recv() {
            terminal::message(&"aborting: waiting for the safe state");
            run.interrupt(interrupt);
        }
        let next = run.poll(controller, clock);
        for row in run.take_rows() {
            if !row.deviation.is_empty() && row.deviation != "held" {
                bar.suspend(|| {
                    terminal::message(&format_args!("{:.1} s, {}: {}", row.time_s, row.event, row.deviation));
                });
            }
            if let Some(log) = log.as_deref_mut() {
                // A full disk must not end the watch over a run: the run is aborted and followed to its end.
                if let Err(error) = log.write(&row.line()) {
                    terminal::error(&format!("as-run log: {error}"));
                    run.interrupt(Interrupt::Abort);
                }
            }
        }
        if let Some(status) = run.status() {
            bar.set_position(u64::from(status.cycle));
            bar.set_message(status.state.name());
        }
        match next {
            Next::Over(end) => {
                bar.finish_and_clear();
                return Ok(end);
            }
            Next::At(ms) => clock.wait_ms(ms.saturating_sub(clock.now_ms()).clamp(1, 100)),
        }
    }
}

/// Local time, ISO 8601 without a zone.
fn local_time() -> String {
    jiff::ZonedDateTime::now().strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

fn status(at: &At, format: ReportFormat) -> Result<Outcome, Error> {
    let mut controller = at.controller();
    let identity = session::identify(&mut controller)?;
    let mut safety = Safety::loaded(&mut controller, &identity)?;
    let mut status = Status::read(&mut controller)?;
    let mut missing = safety.missing(&status);
    if missing.at_once.is_empty() && !missing.heaters.is_empty() {
        // Heaters have to be seen falling.
        (status, missing) = safety.await_seen(&mut controller, &mut WallClock::new(), FALLING_MS)?;
    }
    let mut out = terminal::output();
    if format == ReportFormat::Json {
        let heaters = usize::from(identity.parts[2]).min(status.temperatures_c.len());
        let mut object = serde_json::to_value(&status)?;
        object["temperatures_c"] = json!(status.temperatures_c[..heaters]);
        object["is_safe"] = json!(missing.is_nothing());
        object["missing_for_safe"] = json!(missing.to_string());
        object["controller"] = serde_json::to_value(&identity)?;
        writeln!(out, "{object:#}")?;
        out.flush()?;
        return Ok(Outcome::Done);
    }
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let valves = |bits: u16| {
        let open: Vec<_> = (0..16).filter(|line| bits >> line & 1 == 1).map(|line| (line + 1).to_string()).collect();
        if open.is_empty() { "all closed".to_owned() } else { format!("open: {}", open.join(", ")) }
    };
    let heaters = usize::from(identity.parts[2]).min(status.temperatures_c.len());
    let temperatures: Vec<_> = status.temperatures_c[..heaters].iter().map(|value| format!("{value:.1}")).collect();
    let alarms: Vec<_> = status.alarms.iter().map(|alarm| alarm.words()).collect();
    let mut rows = vec![
        ["state".to_owned(), status.state.name().to_owned()],
        ["recipe".to_owned(), status.recipe_id.clone()],
        ["has an operator".to_owned(), yes(status.has_operator)],
        ["cycle, step".to_owned(), format!("{}, {}", status.cycle, status.step)],
        ["time since start".to_owned(), hours(u64::from(status.since_start_ms))],
        ["precursor valves".to_owned(), valves(status.valves_confirmed)],
        ["valve to the pump".to_owned(), if status.pump_open[1] { "open" } else { "closed" }.to_owned()],
        ["pressure".to_owned(), format!("{:.3e} Pa", status.pressure_pa)],
        ["temperatures".to_owned(), format!("{} °C", temperatures.join(", "))],
        ["safe state".to_owned(), if missing.is_nothing() { yes(true) } else { format!("no: {missing}") }],
    ];
    if !alarms.is_empty() {
        rows.push(["alarms".to_owned(), alarms.join(", ")]);
    }
    if identity.simulated {
        rows.push(["synthetic".to_owned(), "simulated controller, no reactor".to_owned()]);
    }
    write_list(&mut out, "", &rows)?;
    out.flush()?;
    Ok(Outcome::Done)
}

async fn order(lake: &LakeOption, at: At, command: Command) -> Result<Outcome, Error> {
    let token = lake
        .open()
        .ok()
        .and_then(|lake| std::fs::read_to_string(token_file(&lake, &at.at)).ok())
        .and_then(|text| u32::from_str_radix(text.trim(), 16).ok())
        .unwrap_or_else(new_token);
    blocking(move || {
        let (mut controller, mut clock) = (at.controller(), WallClock::new());
        let before = Status::read(&mut controller)?;
        let sent = session::command(&mut controller, &mut clock, token, command);
        match command {
            Command::Abort => aborted(&mut controller, &mut clock, sent),
            Command::Pause | Command::Resume => {
                sent?;
                let expected = if command == Command::Pause { State::Held } else { State::Running };
                seen(&mut controller, &mut clock, expected, before.state, command)
            }
            _ => {
                sent?;
                terminal::message(&format_args!("{}: done", command.name()));
                Ok(Outcome::Done)
            }
        }
    })
    .await
}

/// Waits until the safe state is seen, whatever the controller answered to the abort.
fn aborted(
    controller: &mut ModbusController,
    clock: &mut WallClock,
    sent: Result<(), session::SessionError>,
) -> Result<Outcome, Error> {
    let words = match &sent {
        Ok(()) => "abort: acknowledged".to_owned(),
        Err(error) => format!("abort: {error}"),
    };
    let seen = session::identify(controller).and_then(|identity| {
        let mut safety = Safety::loaded(controller, &identity)?;
        Ok(safety.await_seen(controller, clock, COOLING_MS)?)
    });
    match seen {
        Ok((status, missing)) if missing.is_nothing() => {
            terminal::message(&format_args!("{words}; safe state seen, the controller is {}", status.state.name()));
            Ok(Outcome::Done)
        }
        Ok((_, missing)) => {
            terminal::error(&format!("{words}; THE SAFE STATE WAS NOT SEEN: {missing}; check the reactor now"));
            Ok(Outcome::Failed)
        }
        Err(error) => {
            terminal::error(&format!("{words}; THE SAFE STATE WAS NOT SEEN: {error}; check the reactor now"));
            Ok(Outcome::Failed)
        }
    }
}

/// Waits until the state is seen that a command leads to, or that of the end of a run.
fn seen(
    controller: &mut ModbusController,
    clock: &mut WallClock,
    expected: State,
    before: State,
    command: Command,
) -> Result<Outcome, Error> {
    let began_ms = clock.now_ms();
    loop {
        let state = Status::read(controller)?.state;
        if state == expected {
            terminal::message(&format_args!("{}: done, the controller is {}", command.name(), state.name()));
            return Ok(Outcome::Done);
        }
        if clock.now_ms().saturating_sub(began_ms) > SEEN_MS || (state != before && state != expected) {
            let name = command.name();
            terminal::error(&format!("{name}: acknowledged, but the controller is {}", state.name()));
            return Ok(Outcome::Failed);
        }
        clock.wait_ms(50);
    }
}
