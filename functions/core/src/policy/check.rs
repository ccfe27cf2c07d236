//! What types alone cannot hold (interim).
