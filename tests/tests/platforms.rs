//! What adapters and practice twins come to together, case by case, with the real `docketctl`: what Print.one, Uber Direct
//! and DoorDash Drive have in common, what each platform promises beyond, in a file for each, and every fence that dies
//! (`aged`). What FoxReload does stands in `cases`.

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
