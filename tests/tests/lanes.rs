//! The driver's loops from outside: the core in this process, real files and sockets, and a machine whose time the test
//! moves.

#[path = "lanes/cancels.rs"]
mod cancels;
#[path = "lanes/codes.rs"]
mod codes;
#[path = "lanes/follow.rs"]
mod follow;
#[path = "lanes/given_up.rs"]
mod given_up;

#[path = "lanes/limits.rs"]
mod limits;
#[path = "lanes/looks.rs"]
mod looks;
#[path = "lanes/queue.rs"]
mod queue;
#[path = "lanes/replaced.rs"]
mod replaced;
#[path = "lanes/restarts.rs"]
mod restarts;
#[path = "lanes/rounds.rs"]
mod rounds;
#[path = "lanes/token_limit.rs"]
mod token_limit;
#[path = "lanes/waits.rs"]
mod waits;
