//! Print.one, Uber Direct, DoorDash Drive and FoxReload: what their adapters and their practice twins come to together,
//! case by case, with the real `docketctl`. What each promises or leaves open beyond the others is in a file of its own,
//! what several leave open in `open`; `aged` is about every fence that dies.

#[path = "platforms/aged.rs"]
mod aged;
#[path = "platforms/all_three.rs"]
mod all_three;
#[path = "platforms/doordash.rs"]
mod doordash;
#[path = "platforms/foxreload.rs"]
mod foxreload;
#[path = "platforms/foxreload_list.rs"]
mod foxreload_list;
#[path = "platforms/open.rs"]
mod open;
#[path = "platforms/person.rs"]
mod person;
#[path = "platforms/print_one.rs"]
mod print_one;
#[path = "platforms/uber_direct.rs"]
mod uber_direct;
