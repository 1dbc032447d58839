/**
 * One address names a feed host: that of its bus. The control socket lies beside it, so that nobody has to configure two.
 *
 * | bus                  | control                     |
 * | tcp://10.0.0.1:5556  | tcp://10.0.0.1:5557         |
 * | ipc:///run/bus       | ipc:///run/bus.control      |
 * | inproc://bus         | inproc://bus.control        |
 */
const SUFFIX = '.control';
const MAX_PORT = 65_535;

/**
 * The address of the control socket of the feed host with this bus.
 * @throws RangeError with code `BUS_ADDRESS_INVALID` for anything but `tcp://host:port` with a port from 1 to 65534,
 *   `ipc://path` or `inproc://name`
 */
export function controlEndpointOf(endpoint: string): string {
  const tcp = /^(tcp:\/\/[^/]+:)(\d{1,5})$/.exec(endpoint);
  if (tcp !== null) {
    const port = Number(tcp[2]);
    if (port > 0 && port < MAX_PORT) return `${tcp[1]}${port + 1}`;
  } else if (/^(ipc|inproc):\/\/./.test(endpoint)) return endpoint + SUFFIX;
  const message =
    `the bus address ${endpoint} has no place for its control socket: ` +
    'use tcp://host:port with a port from 1 to 65534, ipc://path or inproc://name';
  throw Object.assign(new RangeError(message), { code: 'BUS_ADDRESS_INVALID' });
}
