/**
 * Resolvers that are open to the public, as their operators publish them. Malware asks them, and so does all other
 * software of a machine: a match would mean nothing.
 */
export const publicResolvers = [
  // Google, https://developers.google.com/speed/public-dns/docs/using
  '8.8.8.8',
  '8.8.4.4',
  '2001:4860:4860::8888',
  '2001:4860:4860::8844',
  'dns.google',
  'dns.google.com',
  // Cloudflare, https://developers.cloudflare.com/1.1.1.1/ip-addresses/
  '1.1.1.1',
  '1.0.0.1',
  '1.1.1.2',
  '1.0.0.2',
  '1.1.1.3',
  '1.0.0.3',
  '2606:4700:4700::1111',
  '2606:4700:4700::1001',
  '2606:4700:4700::1112',
  '2606:4700:4700::1002',
  '2606:4700:4700::1113',
  '2606:4700:4700::1003',
  'one.one.one.one',
  'cloudflare-dns.com',
  // Quad9, https://quad9.net/service/service-addresses-and-features/
  '9.9.9.9',
  '149.112.112.112',
  '9.9.9.10',
  '149.112.112.10',
  '9.9.9.11',
  '149.112.112.11',
  '2620:fe::fe',
  '2620:fe::9',
  '2620:fe::10',
  '2620:fe::fe:10',
  '2620:fe::11',
  '2620:fe::fe:11',
  'dns.quad9.net',
  // Cisco OpenDNS, https://support.opendns.com/hc/en-us/articles/360038086532
  '208.67.222.222',
  '208.67.220.220',
  '208.67.222.123',
  '208.67.220.123',
  '2620:119:35::35',
  '2620:119:53::53',
  'dns.opendns.com',
  // AdGuard, https://adguard-dns.io/en/public-dns.html
  '94.140.14.14',
  '94.140.15.15',
  '94.140.14.140',
  '94.140.14.141',
  '2a10:50c0::ad1:ff',
  '2a10:50c0::ad2:ff',
  'dns.adguard-dns.com',
  // CleanBrowsing, https://cleanbrowsing.org/filters/
  '185.228.168.9',
  '185.228.169.9',
  '185.228.168.10',
  '185.228.168.168',
  // Yandex, https://dns.yandex.com/
  '77.88.8.8',
  '77.88.8.1',
  // AliDNS, https://www.alidns.com/
  '223.5.5.5',
  '223.6.6.6',
  'dns.alidns.com',
  // DNSPod, https://www.dnspod.com/products/publicdns
  '119.29.29.29',
  // Level 3, in wide use though not meant for the public
  '4.2.2.1',
  '4.2.2.2',
] as const;
