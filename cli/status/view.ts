import { yamlDocuments } from '../output/printers.ts';
import { printObjects } from '../output/formats.ts';
import { type View, viewText } from './step.ts';

export const VIEW_FORMATS = ['text', 'json', 'yaml', 'jsonpath='];

/**
 * Views in a format of `-o`. For programs they are the steps that the text tells, and one alone when one was asked for.
 * @throws Error for an unknown format
 */
export const printViews = (views: readonly View[], output: string, now = Date.now()): string => {
  const [only, ...others] = views;
  switch (output) {
    case 'text':
      return views.map((view) => viewText(view, now)).join('\n');
    case 'yaml':
      return yamlDocuments([...views]);
    case 'json':
      return `${JSON.stringify(others.length === 0 ? only : views, undefined, 2)}\n`;
    default: {
      const root = { metadata: { name: '' }, ...(others.length === 0 ? only : { items: views }) };
      const text = output.startsWith('jsonpath=') ? printObjects({ one: root }, output) : undefined;
      if (text === undefined) throw new Error(`invalid output format: choose of ${VIEW_FORMATS.join(', ')}`);
      return text;
    }
  }
};
