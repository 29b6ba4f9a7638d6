//! Files of reactors that are known but not read.

use super::sign::Sign::Text;
use super::sign::Signature;

pub(super) const SIGNATURES: &[Signature] = &[
    (
        Text(r"(?m)^(?:Recipe Step\t)?Precursor *\tFill Pressure \[Torr\]\tDose Time \["),
        "the table of steps that an ALD run was to execute",
        "it has planned steps and no times: the data log (`…_DataLog.txt`) and the doses (`…_Doses-DeltaM.txt`) beside it are read",
    ),
    (
        Text(r"\A[^\n]*\nUser:\t[^\n]*\nFurnace Temp\. "),
        "the summary of an ALD run",
        "it has notes and no rows: the data log (`…_DataLog.txt`) and the doses (`…_Doses-DeltaM.txt`) beside it are read",
    ),
];
