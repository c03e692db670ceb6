import type { Board, Panel, Row } from './panels.ts';

const datasource = { type: 'prometheus', uid: '${datasource}' };
const width = 24;
const heights = { timeseries: 8, stat: 5 } as const;
const widths = { timeseries: 12, stat: 8 } as const;

interface Position {
  h: number;
  w: number;
  x: number;
  y: number;
}

const panelOf = ({ title, description, kind, unit, queries }: Panel, id: number, gridPos: Position) => ({
  id,
  type: kind,
  title,
  description,
  datasource,
  gridPos,
  fieldConfig: { defaults: { unit, custom: kind === 'stat' ? {} : { fillOpacity: 10 } }, overrides: [] },
  options:
    kind === 'stat'
      ? { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value', graphMode: 'area' }
      : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  targets: queries.map(({ expr, legend }, at) => ({
    refId: String.fromCharCode(65 + at),
    datasource,
    expr,
    legendFormat: legend,
  })),
});

/** The rows with their panels, laid out from left to right. */
const layOut = (rows: readonly Row[]): object[] => {
  const panels: object[] = [];
  let y = 0;
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: { h: 1, w: width, x: 0, y },
      panels: [],
    });
    y += 1;
    let x = 0;
    let lineHeight = 0;
    for (const panel of row.panels) {
      const [w, h] = [widths[panel.kind], heights[panel.kind]];
      if (x + w > width) {
        x = 0;
        y += lineHeight;
        lineHeight = 0;
      }
      panels.push(panelOf(panel, panels.length + 1, { h, w, x, y }));
      x += w;
      lineHeight = Math.max(lineHeight, h);
    }
    y += lineHeight;
  }
  return panels;
};

/** A choice at the top of a dashboard among the values of a label, any number of them at once. */
const choice = (name: string, label: string, query: string) => ({
  name,
  label,
  type: 'query',
  datasource,
  query,
  definition: query,
  refresh: 2,
  multi: true,
  includeAll: true,
  allValue: '.+',
  current: { selected: true, text: ['All'], value: ['$__all'] },
  sort: 1,
});

/** A dashboard as Grafana 10 and newer import it. */
export const dashboardOf = ({ name, title, description, jobs, rows }: Board): object => ({
  uid: name,
  title,
  description,
  tags: ['open-cluster-management'],
  editable: false,
  schemaVersion: 38,
  version: 1,
  timezone: 'browser',
  refresh: '30s',
  time: { from: 'now-3h', to: 'now' },
  templating: {
    list: [
      { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', refresh: 1 },
      choice('job', 'job', `label_values(process_start_time_seconds{job=~"${jobs}"}, job)`),
      choice('instance', 'instance', 'label_values(process_start_time_seconds{job=~"$job"}, instance)'),
    ],
  },
  panels: layOut(rows),
});
