// A panel of each kind that the dashboards use, drawn with the components of @grafana/ui.

import {
  applyFieldOverrides,
  dateTime,
  FieldType,
  getDisplayProcessor,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  transformDataFrame,
  VizOrientation,
} from '@grafana/data';
import { BarGauge, BigValue, PanelChrome, Table, TimeSeries, useTheme2, VizRepeater } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { firstValueFrom } from 'rxjs';

import { ask } from './ask.js';
import { fieldOptions } from './registry.js';

const OPTIONS = fieldOptions();
const asIs = (text) => text;

function displays(panel, frames, theme, timeZone) {
  return getFieldDisplayValues({
    fieldConfig: panel.fieldConfig,
    reduceOptions: panel.options.reduceOptions,
    replaceVariables: asIs,
    theme,
    data: frames,
    sparkline: panel.options.graphMode !== undefined && panel.options.graphMode !== 'none',
    timeZone,
  });
}

function Nothing({ panel, height }) {
  const words = panel.fieldConfig.defaults.noValue ?? 'No data';
  return <div className="nothing" style={{ height }}>{words}</div>;
}

function Stat({ panel, frames, width, height, theme, timeZone }) {
  const values = displays(panel, frames, theme, timeZone);
  return (
    <VizRepeater
      getValues={() => values}
      renderValue={({ value, width, height, count }) => (
        <BigValue
          value={value.display}
          width={width}
          height={height}
          theme={theme}
          colorMode={panel.options.colorMode}
          graphMode={panel.options.graphMode}
          justifyMode={panel.options.justifyMode}
          textMode={panel.options.textMode}
          wideLayout={panel.options.wideLayout}
          text={panel.options.text}
          count={count}
        />
      )}
      width={width}
      height={height}
      source={frames}
      renderCounter={0}
      autoGrid
      orientation={panel.options.orientation}
    />
  );
}

function Bars({ panel, frames, width, height, theme, timeZone }) {
  const values = displays(panel, frames, theme, timeZone);
  return (
    <VizRepeater
      getValues={() => values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={({ value, width, height, orientation, alignmentFactors, count }) => (
        <BarGauge
          value={value.display}
          width={width}
          height={height}
          orientation={orientation}
          field={value.field}
          display={value.view?.getFieldDisplayProcessor(value.colIndex) ?? getDisplayProcessor({ field: value, theme })}
          theme={theme}
          itemSpacing={10}
          lcdCellWidth={12}
          displayMode={panel.options.displayMode}
          alignmentFactors={count > 1 ? alignmentFactors : undefined}
          showUnfilled={panel.options.showUnfilled}
          valueDisplayMode={panel.options.valueMode}
          namePlacement={panel.options.namePlacement}
          text={panel.options.text}
          isOverflow={false}
        />
      )}
      width={width}
      height={height}
      minVizHeight={panel.options.minVizHeight}
      maxVizHeight={panel.options.maxVizHeight}
      source={frames}
      renderCounter={0}
      itemSpacing={10}
      orientation={panel.options.orientation ?? VizOrientation.Horizontal}
    />
  );
}

/** As Grafana's panel has it: what is no number is a gap. */
function withGaps(frame) {
  const fields = frame.fields.map((field) =>
    field.type === FieldType.number
      ? { ...field, values: field.values.map((value) => (Number.isFinite(value) ? value : null)) }
      : field
  );
  return { ...frame, fields };
}

function Series({ panel, frames, width, height, setup }) {
  const from = dateTime(setup.from * 1000);
  const to = dateTime(setup.to * 1000);
  return (
    <TimeSeries
      frames={frames.map(withGaps)}
      width={width}
      height={height}
      timeZone={setup.timeZone}
      timeRange={{ from, to, raw: { from, to } }}
      legend={panel.options.legend}
      options={panel.options}
    />
  );
}

function Lines({ panel, frames, width, height }) {
  return (
    <Table
      data={frames[0]}
      width={width}
      height={height}
      cellHeight={panel.options.cellHeight}
      initialSortBy={panel.options.sortBy}
      columnMinWidth={90}
    />
  );
}

const KINDS = { stat: Stat, bargauge: Bars, timeseries: Series, table: Lines };

async function load(panel, setup, theme, width) {
  let frames = await ask(panel, setup, width);
  if (panel.transformations) {
    frames = await firstValueFrom(transformDataFrame(panel.transformations, frames));
  }
  return applyFieldOverrides({
    data: frames,
    fieldConfig: panel.fieldConfig,
    fieldConfigRegistry: OPTIONS,
    replaceVariables: asIs,
    theme,
    timeZone: setup.timeZone,
  });
}

export function Panel({ panel, setup, width, height, told }) {
  const theme = useTheme2();
  const [state, setState] = useState(null);
  useEffect(() => {
    load(panel, setup, theme, width).then(
      (frames) => setState({ frames }),
      (fault) => setState({ fault: String(fault.stack ?? fault) })
    );
  }, [panel, setup, theme, width]);
  useEffect(() => {
    if (state) {
      told(panel.title, state.fault);
    }
  }, [state]);
  const Kind = KINDS[panel.type];
  const empty = state?.frames && state.frames.every((frame) => frame.length === 0);
  return (
    <PanelChrome title={panel.title} description={panel.description} width={width} height={height} padding="md">
      {(width, height) =>
        state?.fault ? (
          <pre>{state.fault}</pre>
        ) : !state ? null : empty || !state.frames.length ? (
          <Nothing panel={panel} height={height} />
        ) : (
          <Kind panel={panel} frames={state.frames} width={width} height={height} theme={theme} timeZone={setup.timeZone} setup={setup} />
        )
      }
    </PanelChrome>
  );
}
