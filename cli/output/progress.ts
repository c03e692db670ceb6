import type { Output } from './output.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const CLEAR_LINE = '\r\u001b[K';

export interface Progress {
  update(state: string): void;
  stop(): void;
  finish(done: string): void;
}

/** A spinner on a terminal; elsewhere a line on stderr for each new state, so that logs tell the story (cli.md 1.8). */
export const startProgress = (output: Output, title: string): Progress =>
  output.terminal ? spinner(output, title) : lines(output, title);

const spinner = ({ print }: Output, title: string): Progress => {
  let state = '';
  let frame = 0;
  const draw = () =>
    print(`${CLEAR_LINE}${FRAMES[frame++ % FRAMES.length]} ${title}${state && ` (${state})`}`);
  const timer = setInterval(draw, 100);
  const stop = () => {
    clearInterval(timer);
    print(CLEAR_LINE);
  };
  return {
    update: (next) => (state = next),
    stop,
    finish(done) {
      stop();
      print(`${done}\n`);
    },
  };
};

const lines = ({ note }: Output, title: string): Progress => {
  let state = '';
  note(`${title}\n`);
  return {
    update(next) {
      if (next !== state) note(`  ${next}\n`);
      state = next;
    },
    stop: () => undefined,
    finish: (done) => note(`${done}\n`),
  };
};
