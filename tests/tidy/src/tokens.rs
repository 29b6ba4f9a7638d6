//! Rust code as words and signs, without comments, literals and code for tests.

/// A word, a sign, or `::`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// An identifier, keyword or number.
    Word(String),
    /// `::`.
    Colons,
    /// Any other character.
    Sign(char),
}

/// The tokens of a file; items marked `#[cfg(test)]` are left out.
pub(crate) fn code(text: &str) -> Vec<Token> {
    without_tests(tokens(text))
}

/// The tokens of a file, code for tests included.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let letters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    while let Some(&letter) = letters.get(at) {
        let next = letters.get(at + 1).copied().unwrap_or(' ');
        match letter {
            '/' if next == '/' => {
                while letters.get(at).is_some_and(|letter| *letter != '\n') {
                    at += 1;
                }
            }
            '/' if next == '*' => {
                let mut depth = 0;
                while at < letters.len() {
                    match (letters[at], letters.get(at + 1)) {
                        ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
                        ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
                        _ => at += 1,
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            '"' => at = behind_text(&letters, at),
            'r' | 'b' if raw_hashes(&letters, at).is_some() => {
                let (start, hashes) = raw_hashes(&letters, at).unwrap_or_default();
                let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
                at = start;
                while at < letters.len() && !letters[at..].starts_with(&end) {
                    at += 1;
                }
                at += end.len();
            }
            // A character, as against a lifetime, which nothing closes.
            '\'' if next == '\\' => {
                at += 3;
                while letters.get(at).is_some_and(|letter| *letter != '\'') {
                    at += 1;
                }
                at += 1;
            }
            '\'' if letters.get(at + 2) == Some(&'\'') => at += 3,
            ':' if next == ':' => {
                tokens.push(Token::Colons);
                at += 2;
            }
            letter if is_word(letter) => {
                let start = at;
                while letters.get(at).copied().is_some_and(is_word) {
                    at += 1;
                }
                tokens.push(Token::Word(letters[start..at].iter().collect()));
            }
            letter => {
                if !letter.is_whitespace() {
                    tokens.push(Token::Sign(letter));
                }
                at += 1;
            }
        }
    }
    tokens
}

/// The place behind the text that begins at a quotation mark.
fn behind_text(letters: &[char], mut at: usize) -> usize {
    at += 1;
    while let Some(letter) = letters.get(at) {
        match letter {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

/// Where the content of a raw text begins, and how many `#` close it.
fn raw_hashes(letters: &[char], mut at: usize) -> Option<(usize, usize)> {
    if at > 0 && (letters[at - 1].is_alphanumeric() || letters[at - 1] == '_') {
        return None;
    }
    if letters[at] == 'b' {
        at += 1;
    }
    if letters.get(at) != Some(&'r') {
        return None;
    }
    at += 1;
    let hashes = letters[at..].iter().take_while(|letter| **letter == '#').count();
    (letters.get(at + hashes) == Some(&'"')).then_some((at + hashes + 1, hashes))
}

fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    let marks = tokens_of_mark();
    let mut code = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        if !tokens[at..].starts_with(&marks) {
            code.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at += marks.len();
        let mut depth = 0_usize;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                Token::Sign('{') => depth += 1,
                Token::Sign('}') if depth <= 1 => break,
                Token::Sign('}') => depth -= 1,
                Token::Sign(';') if depth == 0 => break,
                _ => {}
            }
        }
    }
    code
}

fn tokens_of_mark() -> Vec<Token> {
    let word = |text: &str| Token::Word(text.to_owned());
    let signs = |text: &str| text.chars().map(Token::Sign).collect::<Vec<_>>();
    [signs("#["), vec![word("cfg")], signs("("), vec![word("test")], signs(")]")].concat()
}

#[test]
fn comments_literals_and_tests_are_no_code() {
    let text = "use a::b; // c\n/* d /* e */ f */ let x = \"g \\\" h\"; let y = r#\"i \" j\"#; 'k: loop {} '\\'' 'l'\n\
                #[cfg(test)]\nmod tests { fn m() {} }\nn";
    let words: Vec<String> = code(text)
        .into_iter()
        .filter_map(|token| if let Token::Word(word) = token { Some(word) } else { None })
        .collect();
    assert_eq!(words, ["use", "a", "b", "let", "x", "let", "y", "k", "loop", "n"]);
}
