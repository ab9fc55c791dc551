// The options of fields that dashboards set, told to @grafana/data: in Grafana its server's front
// end does that, which is no part of the packages. Values are taken as they stand in the JSON.

import {
  FieldConfigOptionsRegistry,
  standardFieldConfigEditorRegistry,
  standardTransformers,
  standardTransformersRegistry,
} from '@grafana/data';

const STANDARD = ['unit', 'min', 'max', 'decimals', 'displayName', 'color', 'thresholds', 'mappings', 'noValue', 'links', 'filterable'];
const CUSTOM = [
  'axisBorderShow', 'axisColorMode', 'axisLabel', 'axisPlacement', 'axisSoftMin', 'axisSoftMax', 'axisWidth', 'axisGridShow',
  'axisCenteredZero', 'barAlignment', 'barWidthFactor', 'drawStyle', 'fillColor', 'fillOpacity', 'gradientMode', 'hideFrom',
  'insertNulls', 'lineColor', 'lineInterpolation', 'lineStyle', 'lineWidth', 'pointColor', 'pointSize', 'scaleDistribution',
  'showPoints', 'spanNulls', 'stacking', 'thresholdsStyle', 'transform', 'align', 'cellOptions', 'width', 'minWidth', 'inspect', 'hidden', 'filterable',
];

function option(path, isCustom) {
  return {
    id: isCustom ? `custom.${path}` : path,
    path,
    name: path,
    isCustom,
    description: '',
    editor: () => null,
    override: () => null,
    process: (value) => value,
    shouldApply: () => true,
    settings: {},
  };
}

export function register() {
  standardFieldConfigEditorRegistry.setInit(() => STANDARD.map((path) => option(path, false)));
  standardTransformersRegistry.setInit(() =>
    [...new Set(Object.values(standardTransformers))].map((transformation) => ({
      id: transformation.id,
      name: transformation.name,
      transformation,
      editor: () => null,
    }))
  );
}

export function fieldOptions() {
  return new FieldConfigOptionsRegistry(() => [
    ...STANDARD.map((path) => option(path, false)),
    ...CUSTOM.map((path) => option(path, true)),
  ]);
}
