import { expect, test } from '@jest/globals';
import { descriptorsOf, type Schema } from './descriptors.ts';

const schema: Schema = {
  properties: {
    mode: { type: 'string', description: 'How.', enum: ['A', 'B'] },
    count: { type: 'integer', description: 'How many.' },
    on: { type: 'boolean', description: 'Whether.' },
    inner: { description: 'More.', properties: { name: { type: 'string', description: 'Who.' } } },
    conditions: { type: 'array', description: 'State.', items: { properties: { lastTransitionTime: {} } } },
    list: { type: 'array', description: 'Many.', items: { type: 'string' } },
  },
};

test.each([
  ['mode', 'How.', ['com.tectonic.ui:select:A', 'com.tectonic.ui:select:B']],
  ['count', 'How many.', ['com.tectonic.ui:number']],
  ['on', 'Whether.', ['com.tectonic.ui:booleanSwitch']],
  ['inner.name', 'Who.', ['com.tectonic.ui:text']],
  ['conditions', 'State.', ['io.kubernetes.conditions']],
])('packaging.md, section 22: the descriptor of %s says what the CRD says', (path, description, widgets) => {
  expect(descriptorsOf(schema, { [path]: 'Name' })).toEqual([
    {
      path,
      displayName: 'Name',
      description,
      'x-descriptors': widgets.map((widget) => `urn:alm:descriptor:${widget}`),
    },
  ]);
});

test('packaging.md, section 22: what no widget shows has none', () => {
  expect(descriptorsOf(schema, { list: 'Name' })).toEqual([
    { path: 'list', displayName: 'Name', description: 'Many.' },
  ]);
});

test('packaging.md, section 22: a field that the CRD lacks is refused', () => {
  expect(() => descriptorsOf(schema, { 'inner.nothing': 'Name' })).toThrow('inner.nothing: the CRD has no such field');
});
