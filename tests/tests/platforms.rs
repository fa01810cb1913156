//! Print.one, Uber Direct and DoorDash Drive: what their adapters and their practice twins come to together, case by
//! case, with the real `docketctl`. What these three promise beyond the others is in a file for each; `aged` is about
//! every fence that dies.

#[path = "platforms/aged.rs"]
mod aged;
#[path = "platforms/all_three.rs"]
mod all_three;
#[path = "platforms/doordash.rs"]
mod doordash;
#[path = "platforms/pathao.rs"]
mod pathao;
#[path = "platforms/person.rs"]
mod person;
#[path = "platforms/postmates.rs"]
mod postmates;
#[path = "platforms/print_one.rs"]
mod print_one;
#[path = "platforms/uber_direct.rs"]
mod uber_direct;
