import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { KeyStatus } from '../../src/encryption/key-status.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { refId: string; expr: string }[];
}

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string };
}

const ALERTS = 'ops/monitoring/alerts.yml';
const dashboard = JSON.parse(readFileSync('ops/monitoring/dashboard.json', 'utf8'));
const panels = dashboard.panels as Panel[];
const { groups } = parse(readFileSync(ALERTS, 'utf8')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const shown = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }): [string, string] => [title, expr]),
);
const queries = [...shown, ...rules.map(({ alert, expr }): [string, string] => [alert, expr])];

interface Query {
  isSound: boolean;
  metrics: string[];
  /** Metrics with each label that is asked of them, or that they are put together by. */
  labels: string[];
}

/** What a query asks for, by Prometheus' own grammar. */
function read(query: string): Query {
  const text = query.replaceAll('$__rate_interval', '5m');
  const found: Query = { isSound: true, metrics: [], labels: [] };
  parser.parse(text).iterate({
    enter: ({ type, name, from, to }) => {
      if (type.isError) found.isSound = false;
      if (name === 'Identifier') found.metrics.push(text.slice(from, to));
      if (name === 'LabelName') found.labels.push(text.slice(from, to));
    },
  });
  return found;
}

/** What Prometheus itself adds, and what a query makes. */
const ADDED = ['job', 'instance', 'le', 'class'];

describe.runIf(isPostgres)('the dashboard and the alerts', () => {
  let app: TestApp;
  let names: Set<string>;
  let labels: Set<string>;
  beforeAll(async () => {
    app = await TestApp.start({ REDIS_URL: 'redis://127.0.0.1:1' });
    await app.nest.get(KeyStatus).read(); // counts the keys
    const text = await (await fetch(`${app.url}/metrics`)).text();
    const types = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name, type]) =>
      type === 'histogram' ? ['_bucket', '_count', '_sum'].map((end) => name + end) : [name],
    );
    names = new Set(['up', ...types]);
    await app.anonymous.get('/server');
    const again = await (await fetch(`${app.url}/metrics`)).text();
    labels = new Set([...again.matchAll(/[{,](\w+)="/g)].map(([, label]) => label));
  });
  afterAll(() => app.stop());

  it.each(queries)('ask in sound words for what there is: %s', (_, query) => {
    const { isSound, metrics, labels: asked } = read(query);
    expect(isSound, query).toBe(true);
    expect(metrics.length).toBeGreaterThan(0);
    expect(metrics.filter((metric) => !names.has(metric))).toEqual([]);
    const known = [...labels, ...ADDED, 'reason'];
    expect(asked.filter((label) => !known.includes(label))).toEqual([]);
  });

  it('show every metric of our own', () => {
    const asked = new Set(shown.flatMap(([, query]) => read(query).metrics));
    const own = [...names].filter((name) => name.startsWith('conclave_'));
    expect(own.length).toBeGreaterThan(20);
    const needless = /_(bucket|count|sum)$/; // of which one shows the others
    expect(own.filter((name) => !asked.has(name) && !needless.test(name))).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('has panels that differ, do not overlap, and ask the processes that are chosen', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)}/${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
    const chosen = /\{job=~"\$job", instance=~"\$instance"/;
    expect(shown.filter(([, query]) => !chosen.test(query))).toEqual([]);
  });
});

describe('the alerts', () => {
  it('have a name of their own, and say how bad it is and what it is', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { labels, annotations } of rules) {
      expect(['critical', 'warning']).toContain(labels.severity);
      expect(annotations.summary).toMatch(/\w/);
    }
  });

  const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
  it.skipIf(!hasPromtool)('are sound to Prometheus (where promtool is there)', () => {
    execFileSync('promtool', ['check', 'rules', ALERTS]);
  });
});
