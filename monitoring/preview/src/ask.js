// Asks a Prometheus as Grafana's data source does, and makes the frames that it makes.
// What is put in for variables, the step and the lengths of time follow Grafana's rules.

import { FieldType, toDataFrame } from '@grafana/data';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86400 };
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

export const seconds = (text) => Number(text.slice(0, -1)) * SECONDS[text.slice(-1)];

export function putIn(text, values) {
  const names = Object.keys(values).sort((one, other) => other.length - one.length);
  return names.reduce((query, name) => query.replaceAll(`$${name}`, values[name]), text);
}

/** The step in s: one that gives a point for each pixel, not shorter than the scrapes or the panel's. */
function stepOf(panel, setup, width) {
  const wanted = (setup.to - setup.from) / Math.max(100, width);
  const least = Math.max(setup.scraped, panel.interval ? seconds(panel.interval) : 0);
  return Math.max(least, STEPS.find((step) => step >= wanted) ?? 86400);
}

async function get(setup, path, told) {
  const answer = await fetch(`${setup.server}/api/v1/${path}?${new URLSearchParams(told)}`);
  const { status, data, error } = await answer.json();
  if (status !== 'success') {
    throw new Error(`${error}: ${told.query}`);
  }
  return data.result;
}

const number = (text) => (text === 'NaN' ? NaN : Number(text.replace('Inf', 'Infinity')));

function named(target, labels) {
  return target.legendFormat.replace(/{{(\w+)}}/g, (_, label) => labels[label] ?? '');
}

function tableFrame(target, result, many) {
  const labels = [...new Set(result.flatMap((one) => Object.keys(one.metric)))].sort();
  const fields = labels.map((name) => ({
    name,
    type: FieldType.string,
    values: result.map((one) => one.metric[name] ?? ''),
  }));
  const times = result.map((one) => one.value[0] * 1000);
  const values = result.map((one) => number(one.value[1]));
  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: times },
      ...fields,
      { name: many ? `Value #${target.refId}` : 'Value', type: FieldType.number, values },
    ],
  });
}

function seriesFrames(target, result, setup, step) {
  return result.map((one) => {
    const found = new Map((one.values ?? [one.value]).map(([at, value]) => [at, number(value)]));
    const times = one.values ? grid(setup, step) : [...found.keys()];
    return toDataFrame({
      refId: target.refId,
      name: named(target, one.metric),
      fields: [
        { name: 'Time', type: FieldType.time, values: times.map((at) => at * 1000), config: { interval: step * 1000 } },
        {
          name: 'Value',
          type: FieldType.number,
          labels: one.metric,
          config: { displayNameFromDS: named(target, one.metric) },
          values: times.map((at) => found.get(at) ?? null),
        },
      ],
    });
  });
}

const start = (setup, step) => Math.floor(setup.from / step) * step;

function grid(setup, step) {
  const times = [];
  for (let at = start(setup, step); at <= setup.to; at += step) {
    times.push(at);
  }
  return times;
}

/** Answer a panel's queries, as frames. */
export async function ask(panel, setup, width) {
  const step = stepOf(panel, setup, width);
  const rate = Math.max(step + setup.scraped, 4 * setup.scraped);
  const values = {
    ...setup.values,
    __interval: `${step}s`,
    __rate_interval: `${rate}s`,
    __range: `${Math.round(setup.to - setup.from)}s`,
  };
  const tables = panel.targets.filter((target) => target.format === 'table').length;
  const frames = [];
  for (const target of panel.targets) {
    const query = putIn(target.expr, values);
    if (target.instant) {
      const result = await get(setup, 'query', { query, time: setup.to });
      const made = target.format === 'table' ? [tableFrame(target, result, tables > 1)] : seriesFrames(target, result, setup, step);
      frames.push(...made);
    } else {
      const told = { query, start: start(setup, step), end: setup.to, step };
      frames.push(...seriesFrames(target, await get(setup, 'query_range', told), setup, step));
    }
  }
  return frames;
}
