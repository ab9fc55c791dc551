// A CommonJS package that a module of @grafana/ui imports: its default stands one level too deep.

import found from '../node_modules/react-custom-scrollbars-2/lib/index.js';

export default found.default ?? found;
export const { Scrollbars } = found;
