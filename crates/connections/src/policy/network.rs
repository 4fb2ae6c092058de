//! Kinds of addresses: never called, private, and IPv4 in its IPv6 disguises.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Metadata services outside the link-local range: Alibaba, Oracle, Azure's host agent.
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(168, 63, 129, 16)];
/// The same in IPv6: Amazon, Google.
const METADATA_V6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)];

/// The IPv4 address that an IPv6 address stands for, where it stands for one.
pub(super) fn plain(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(v6) => embedded(v6).map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    }
}

fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let parts = ip.segments();
    let from = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    if parts[0] == 0x2002 {
        return Some(from(parts[1], parts[2])); // 6to4
    }
    if parts[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return Some(from(parts[6], parts[7])); // NAT64
    }
    // mapped and compatible; `::` and `::1` are themselves
    ip.to_ipv4().filter(|_| !ip.is_loopback() && !ip.is_unspecified())
}

/// Whether an address (see [`plain`]) is one that nobody may name.
pub(super) fn is_never_called(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let this_network = ip.octets()[0] == 0;
            this_network || ip.is_link_local() || ip.is_broadcast() || ip.is_multicast() || METADATA_V4.contains(&ip)
        }
        IpAddr::V6(ip) => {
            ip.is_unicast_link_local() || ip.is_unspecified() || ip.is_multicast() || METADATA_V6.contains(&ip)
        }
    }
}

/// Whether an address (see [`plain`]) is not of the public internet: this machine, a private or a carrier's network.
pub(super) fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            let (carriers, benchmarks, reserved) = (a == 100 && b & 0xc0 == 64, a == 198 && b & 0xfe == 18, a >= 240);
            ip.is_private() || ip.is_loopback() || carriers || benchmarks || reserved
        }
        IpAddr::V6(ip) => {
            let site_local = ip.segments()[0] & 0xffc0 == 0xfec0;
            ip.is_loopback() || ip.is_unique_local() || site_local
        }
    }
}
