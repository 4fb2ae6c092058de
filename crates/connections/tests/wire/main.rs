//! The crate against servers that answer, lie, break off and stay silent on a loopback port.

#[cfg(test)]
mod faults;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod network;
#[cfg(test)]
mod official;
#[cfg(test)]
mod probe;
#[cfg(test)]
mod search;
#[cfg(test)]
mod server;
