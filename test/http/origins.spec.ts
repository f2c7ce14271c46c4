import { describe, expect, it } from 'vitest';
import { isAllowedOrigin } from '../../src/config/origins.js';
import { Settings } from '../../src/config/settings.js';

const GOOD = [
  'http://localhost:5173',
  'https://localhost',
  'http://app.localhost:3000',
  'http://my_app.shop.localhost',
  'http://127.0.0.1:5173',
  'http://127.1.2.3',
  'http://10.0.0.7:5173',
  'http://172.16.0.1',
  'http://172.31.255.255:80',
  'http://192.168.178.20:5173',
  'http://169.254.1.2',
  'http://[::1]:5173',
  'http://[fd12:3456:789a::1]:5173',
  'https://[fc00::7]',
  'http://[fe80::1ff:fe23:4567:890a]',
  'http://[febf::1]',
];
const BAD = [
  'null',
  '',
  'https://chat.example.org',
  'http://localhost.example.org',
  'http://evil-localhost',
  'http://10.0.0.7.example.org',
  'http://10.example.org',
  'http://11.0.0.7',
  'http://172.15.0.1',
  'http://172.32.0.1',
  'http://192.169.0.1',
  'http://193.168.0.1',
  'http://8.8.8.8',
  'http://[2001:db8::1]',
  'http://[fec0::1]',
  'http://[fb00::1]',
  'http://[::ffff:808:808]',
  'ftp://localhost',
  'http://localhost/',
  'http://localhost:5173@evil.example.org',
  'http://10.0.0.7:5173.evil.example.org',
];

const developing = new Settings({});

describe('a page may call in development, where no origins are set,', () => {
  it.each(GOOD)('from %s', (origin) => {
    // What browsers send is what the URL Standard makes of it, but for the usual port.
    expect(new URL(origin).origin).toBe(origin.replace(/:80$/, ''));
    expect(isAllowedOrigin(developing, origin)).toBe(true);
  });

  it.each(BAD)('not from "%s"', (origin) => {
    expect(isAllowedOrigin(developing, origin)).toBe(false);
  });
});

it('a page may call from no other origin where some are set', () => {
  const settings = new Settings({ CORS_ORIGINS: 'https://chat.example.org' });
  expect(isAllowedOrigin(settings, 'https://chat.example.org')).toBe(true);
  for (const origin of GOOD) expect(isAllowedOrigin(settings, origin)).toBe(false);
});
