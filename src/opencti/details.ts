import type { Named, ObjectDetails } from '../observable/record.ts';
import {
  type Row,
  takeFlagOrNull,
  takeIntegerOrNull,
  takeRow,
  takeRowOrNull,
  takeRows,
  takeText,
  takeTextOrNull,
  takeTimeOrNull,
} from './fields.ts';
import type { Shape } from './version.ts';

export function toDetails(row: Row, shape: Shape): ObjectDetails {
  const author = takeRowOrNull(row, 'createdBy');
  return {
    labels: takeList(row, 'objectLabel', shape).map((label) => toNamed(label, 'value')),
    markings: takeList(row, 'objectMarking', shape).map((marking) => toNamed(marking, 'definition')),
    author: author && toNamed(author, 'name'),
    createdAt: takeTimeOrNull(row, 'created_at'),
    updatedAt: takeTimeOrNull(row, 'updated_at'),
    confidence: takeIntegerOrNull(row, 'confidence'),
    detection: takeFlagOrNull(row, 'x_opencti_detection'),
  };
}

function takeList(row: Row, field: string, shape: Shape): Row[] {
  if (shape === 'lists') return takeRows(row, field);
  const connection = takeRowOrNull(row, field);
  return connection ? takeRows(connection, 'edges').map((edge) => takeRow(edge, 'node')) : [];
}

function toNamed(row: Row, field: string): Named {
  const id = takeText(row, 'id');
  return { id, name: takeTextOrNull(row, field) ?? id };
}
