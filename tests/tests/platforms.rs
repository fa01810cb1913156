//! What adapters and practice twins come to together, case by case, with the real `docketctl`: what Print.one, Uber Direct
//! and DoorDash Drive have in common, what each platform promises beyond, in a file for each, what several leave open
//! (`open`), every fence that dies (`aged`), and orders that have ended (`ended`).

#[path = "platforms/aged.rs"]
mod aged;
#[path = "platforms/all_three.rs"]
mod all_three;
#[path = "platforms/doordash.rs"]
mod doordash;
#[path = "platforms/ended.rs"]
mod ended;
#[path = "platforms/foxreload.rs"]
mod foxreload;
#[path = "platforms/foxreload_list.rs"]
mod foxreload_list;
#[path = "platforms/foxreload_pay.rs"]
mod foxreload_pay;
#[path = "platforms/open.rs"]
mod open;
#[path = "platforms/pathao.rs"]
mod pathao;
#[path = "platforms/person.rs"]
mod person;
#[path = "platforms/postmates.rs"]
mod postmates;
#[path = "platforms/print_one.rs"]
mod print_one;
#[path = "platforms/retry_after.rs"]
mod retry_after;
#[path = "platforms/uber_direct.rs"]
mod uber_direct;
