//! What we hold: scenes and answers as STAC, filters, stores, intake, digests.
