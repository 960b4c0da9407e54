/**
 * Addresses of which none may get a key that belongs to `host`: other hosts that look like it, itself without
 * encryption, at another port, with more than a host in it, and what is not the web.
 */
export function wrongAddresses(host: string): readonly string[] {
  const domain = host.split('.').slice(-2).join('.');
  return [
    'https://example.com',
    `https://${domain}.example.com`,
    `https://${host}.example.com`,
    `https://evil${domain}`,
    `http://${host}`,
    `https://${host}:8443`,
    `https://user:pass@${host}`,
    `https://${host}/?x=1`,
    `wss://${host}`,
    'ftp://127.0.0.1',
    'file:///etc/passwd',
    'http://127.0.0.1.example.com',
    'nonsense',
  ];
}
