import { createInformers } from '../../../operators/runtime/cache/informers.ts';
import { configMaps } from '../../../operators/runtime/client/kubernetes.ts';
import { fromKey } from '../../../operators/runtime/client/object.ts';
import { admissionCommand } from '../../../operators/runtime/admission/server.ts';
import { from } from '../../../operators/runtime/controller/controller.ts';
import { runControllers } from '../../../operators/runtime/controller/run.ts';
import { controllerCommand } from '../../../operators/runtime/process/command.ts';
import { runProgram } from '../../../operators/runtime/process/program.ts';

/**
 * On SIGUSR2 the process stops as on a frozen machine, at a moment at which none of its writes has been let through the
 * fence and waits to be sent: that one would be sent when it goes on, and nobody could tell it from one that was not fenced.
 */
const stopBetweenWrites = (writing: () => number): void => {
  // Node hands what was asked to the socket before it calls back.
  const look = (): void => void (writing() === 0 ? process.kill(process.pid, 'SIGSTOP') : setImmediate(look));
  process.on('SIGUSR2', () => setImmediate(look));
};

/** A small program with one controller, one webhook, and the ways to fail: what the process tests run. */
await runProgram({
  name: 'toy',
  help: 'A program to test the runtime with',
  version: 'v1.2.3',
  commands: {
    controller: controllerCommand({
      help: 'Greets each ConfigMap that asks for it',
      component: 'toy',
      appliesTlsFlags: true,
      flags: {
        fail: { type: 'string', help: 'prepare, start, return or hang' },
        unhealthy: { type: 'bool', help: 'fail a health check' },
        again: { type: 'duration', default: 0, help: 'greet again after this time, greeted or not' },
      },
      prepare: (process, { fail, unhealthy }) => {
        if (fail === 'prepare') throw new Error('cannot prepare');
        if (!unhealthy) return;
        const check = () => {
          throw new Error('a secret reason');
        };
        process.addHealthCheck({ name: 'mood', check });
      },
      run: async ({ client, log, metrics, signal, namespace }, { fail, again }) => {
        if (fail === 'start') throw new Error('cannot start');
        if (fail === 'return') return;
        if (fail === 'hang') return new Promise(() => {});
        const informers = createInformers(client, { logger: log, metrics });
        const asking = informers.informer(configMaps, { namespace, labelSelector: 'greet' });
        informers.start(signal);
        let writing = 0;
        if (again) stopBetweenWrites(() => writing);
        const greeter = {
          name: 'greeter',
          watches: [from(asking)],
          reconcile: async (key: string) => {
            const { name } = fromKey(key);
            const greeting = { metadata: { name, namespace }, data: { greeting: `hello ${name}` } };
            if (!again && asking.get(name, namespace)?.data?.['greeting'] === greeting.data.greeting) return;
            writing += 1;
            await client
              .apply(configMaps, greeting, { fieldManager: 'greeter' })
              .finally(() => (writing -= 1));
            return again ? { requeueAfterMs: again } : undefined;
          },
        };
        await runControllers([greeter], { logger: log, metrics }, signal);
      },
    }),
    webhook: admissionCommand({
      help: 'Refuses ConfigMaps named bad, and labels the others',
      flags: {},
      handlers: () => ({
        '/validate': async ({ name, userInfo }) =>
          name === 'bad'
            ? {
                allowed: false,
                code: 403,
                reason: 'Forbidden',
                message: `${userInfo.username} may not have a bad one`,
              }
            : { allowed: true, warnings: ['think twice'] },
        '/mutate': async ({ object }) => ({
          allowed: true,
          patch: object?.metadata.labels
            ? [{ op: 'add', path: '/metadata/labels/mutated', value: 'yes' }]
            : [{ op: 'add', path: '/metadata/labels', value: { mutated: 'yes' } }],
        }),
      }),
    }),
  },
});
