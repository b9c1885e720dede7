//! How bytes get home: stations, contact plans, delivery times, Bundle Protocol sending and reception.
