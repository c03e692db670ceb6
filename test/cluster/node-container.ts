import { existsSync } from 'node:fs';
import { GenericContainer, Wait } from 'testcontainers';
import { apiServerPort } from './node-paths.ts';
import { patience } from './wait.ts';

/** Everything but CAP_SYS_RESOURCE, which `--privileged` would ask for and root on a guest may lack. */
const capabilities = [
  'SYS_ADMIN',
  'NET_ADMIN',
  'NET_RAW',
  'SYS_PTRACE',
  'SYS_CHROOT',
  'MKNOD',
  'DAC_READ_SEARCH',
  'SYSLOG',
  'SYS_MODULE',
  'AUDIT_CONTROL',
];

const modules = '/lib/modules';

/**
 * A node holds some thirty processes, and the scheduler takes a container for one: with Docker's 1,024, what tests run beside
 * it leaves its API server too little to answer in time.
 */
const cpuShares = 8 * 1024;

export interface NodeContainerOptions {
  containerName: string;
  /** Name of the node, and how the other containers of the network reach it. */
  name: string;
  network: string;
  /** Loopback port of the machine that leads to the API server, the same over restarts. */
  hostPort: number;
  labels: Record<string, string>;
  /** Absolute path to content, put into the container before it starts. */
  files: Record<string, string>;
}

/** A container that can run containers, on a network on which it has a name, with what testcontainers has no option for. */
export class NodeContainer extends GenericContainer {
  constructor(image: string, options: NodeContainerOptions) {
    super(image);
    const { name, network } = options;
    this.withName(options.containerName)
      .withHostname(name)
      .withLabels(options.labels)
      .withNetworkMode(network)
      .withAddedCapabilities(...capabilities)
      .withSecurityOpt('seccomp=unconfined', 'apparmor=unconfined')
      .withTmpFs({ '/run': 'exec', '/tmp': 'exec' })
      .withCopyContentToContainer(
        Object.entries(options.files).map(([target, content]) => ({ target, content, mode: 0o600 })),
      )
      // No reaper: its image cannot be pulled everywhere, and clusters are cleaned up by label.
      .withAutoCleanup(false)
      .withWaitStrategy(Wait.forLogMessage('node started'))
      .withStartupTimeout(patience);
    const { GOGC } = process.env;
    if (GOGC !== undefined) this.withEnvironment({ GOGC });
    if (existsSync(modules)) this.withBindMounts([{ source: modules, target: modules, mode: 'ro' }]);
    const port = `${apiServerPort}/tcp`;
    this.hostConfig.PortBindings = { [port]: [{ HostIp: '127.0.0.1', HostPort: String(options.hostPort) }] };
    Object.assign(this.hostConfig, { CgroupnsMode: 'private', CpuShares: cpuShares });
    this.createOpts.ExposedPorts = { [port]: {} };
    this.createOpts.NetworkingConfig = { EndpointsConfig: { [network]: { Aliases: [name] } } };
  }
}
