import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlEndpointOf } from '../../src/workers/bus/bus-address.ts';

test('the control socket of a feed host lies beside its bus, on every transport', () => {
  const pairs = {
    'tcp://127.0.0.1:5556': 'tcp://127.0.0.1:5557',
    'tcp://*:5556': 'tcp://*:5557',
    'tcp://[::1]:65534': 'tcp://[::1]:65535',
    'tcp://feed.example.org:1': 'tcp://feed.example.org:2',
    'ipc:///run/tickwire/bus': 'ipc:///run/tickwire/bus.control',
    'inproc://bus': 'inproc://bus.control',
  };
  for (const [bus, control] of Object.entries(pairs)) assert.equal(controlEndpointOf(bus), control);
});

test('an address that leaves no place for the control socket is refused, with what would be right', () => {
  const wrong = [
    'tcp://127.0.0.1:65535',
    'tcp://127.0.0.1:0',
    'tcp://127.0.0.1:*',
    'tcp://127.0.0.1',
    'udp://a:1',
    '',
  ];
  for (const endpoint of [...wrong, 'ipc://', 'http://127.0.0.1:5556']) {
    assert.throws(() => controlEndpointOf(endpoint), {
      name: 'RangeError',
      code: 'BUS_ADDRESS_INVALID',
      message: /use tcp:\/\/host:port with a port from 1 to 65534/,
    });
  }
});
