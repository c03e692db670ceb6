type Exec = (command: readonly string[]) => Promise<string>;

/** The chain that holds the node's network fault, entered first from every direction. */
const chain = 'NETWORK-FAULT';
const entries = ['INPUT', 'OUTPUT', 'FORWARD'];

/**
 * Drops everything between the node or its Pods and the other machines of its network. The network's first address
 * is the machine that runs Docker; the tests' own connections come from there and stay.
 */
export const cutNetwork = async (exec: Exec): Promise<void> => {
  const script = `
    set -e
    subnet=$(ip -4 route show dev eth0 scope link | cut -d' ' -f1 | head -n1)
    gateway=$(ip -4 route show default | cut -d' ' -f3 | head -n1)
    iptables --wait --new-chain ${chain} 2>/dev/null || iptables --wait --flush ${chain}
    iptables --wait --append ${chain} --source "$gateway" --jump RETURN
    iptables --wait --append ${chain} --destination "$gateway" --jump RETURN
    iptables --wait --append ${chain} --in-interface eth0 --source "$subnet" --jump DROP
    iptables --wait --append ${chain} --out-interface eth0 --destination "$subnet" --jump DROP
    for entry in ${entries.join(' ')}; do
      iptables --wait --check "$entry" --jump ${chain} 2>/dev/null || iptables --wait --insert "$entry" --jump ${chain}
    done`;
  await exec(['sh', '-c', script]);
};

/** Undoes cutNetwork; does nothing when the network is whole. */
export const mendNetwork = async (exec: Exec): Promise<void> => {
  const script = `
    for entry in ${entries.join(' ')}; do
      while iptables --wait --delete "$entry" --jump ${chain} 2>/dev/null; do :; done
    done
    iptables --wait --flush ${chain} 2>/dev/null && iptables --wait --delete-chain ${chain} || true`;
  await exec(['sh', '-c', script]);
};
