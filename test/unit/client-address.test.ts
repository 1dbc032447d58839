/** By which address a client is counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressText, ClientAddresses } from '../../src/workers/proxy/admission/client-address.ts';

const addresses = new ClientAddresses(['127.0.0.0/8', '::1', '10.0.0.0/8', '2001:db8:1::/48']);

test('a client that comes by itself is counted by its own address, whatever header it writes', () => {
  assert.equal(addresses.counted('203.0.113.7', '198.51.100.1'), '203.0.113.7');
  assert.equal(addresses.counted('203.0.113.7', ''), '203.0.113.7');
});

test('behind trusted proxies the last address that none of them has counts, not one that the client wrote before it', () => {
  assert.equal(addresses.counted('127.0.0.1', '198.51.100.1'), '198.51.100.1');
  assert.equal(addresses.counted('127.0.0.1', '6.6.6.6, 198.51.100.1, 10.1.2.3'), '198.51.100.1');
  assert.equal(addresses.counted('::1', '6.6.6.6,198.51.100.1,2001:db8:1::9'), '198.51.100.1');
});

test('an address in the header may have a port, brackets, or be IPv4 within IPv6', () => {
  assert.equal(addresses.counted('127.0.0.1', '198.51.100.1:4711'), '198.51.100.1');
  assert.equal(addresses.counted('127.0.0.1', '[2001:db8:2::5]:443'), '2001:db8:2:0::/64');
  assert.equal(addresses.counted('127.0.0.1', '::ffff:198.51.100.1'), '198.51.100.1');
});

test('a client of which only trusted proxies are known is counted under no address: it could be anybody', () => {
  for (const header of ['', '10.1.2.3', 'unknown', '6.6.6.6, unknown', '6.6.6.6,', '<script>'])
    assert.equal(addresses.counted('127.0.0.1', header), null, header);
  assert.equal(addresses.counted('', '198.51.100.1'), null);
});

test('all addresses of one IPv6 customer are one', () => {
  const counted = addresses.counted('2001:db8:2:3:4:5:6:7', '');
  assert.equal(counted, '2001:db8:2:3::/64');
  assert.equal(addresses.counted('2001:db8:2:3::1', ''), counted);
  assert.notEqual(addresses.counted('2001:db8:2:4::1', ''), counted);
});

test('nobody is believed where no proxy is trusted', () => {
  assert.equal(new ClientAddresses([]).counted('127.0.0.1', '198.51.100.1'), '127.0.0.1');
});

test('the bytes of a socket address become one spelling, IPv4 within IPv6 too', () => {
  const bytes = (...values: number[]) => new Uint8Array(values).buffer;
  assert.equal(addressText(bytes(127, 0, 0, 1)), '127.0.0.1');
  const mapped = bytes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1);
  assert.equal(addressText(mapped), '192.0.2.1');
  assert.equal(addressText(bytes(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9)), '2001:db8::9');
  assert.equal(addressText(bytes()), '');
});
