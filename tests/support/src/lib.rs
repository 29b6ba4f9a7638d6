//! What tests and benches share: seeded noise, damage done to bytes, and the folder of measured files.
