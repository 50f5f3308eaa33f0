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

/** Labels and markings come as edges, or as plain lists from 5.12.24 on: the row shows which. */
export function toDetails(row: Row): ObjectDetails {
  const author = takeRowOrNull(row, 'createdBy');
  return {
    labels: takeList(row, 'objectLabel').map((label) => toNamed(label, 'value')),
    markings: takeList(row, 'objectMarking').map((marking) => toNamed(marking, 'definition')),
    author: author && toNamed(author, 'name'),
    createdAt: takeTimeOrNull(row, 'created_at'),
    updatedAt: takeTimeOrNull(row, 'updated_at'),
    confidence: takeIntegerOrNull(row, 'confidence'),
    detection: takeFlagOrNull(row, 'x_opencti_detection'),
  };
}

function takeList(row: Row, field: string): Row[] {
  if (Array.isArray(row[field])) return takeRows(row, field);
  const connection = takeRowOrNull(row, field);
  return connection ? takeRows(connection, 'edges').map((edge) => takeRow(edge, 'node')) : [];
}

function toNamed(row: Row, field: string): Named {
  const id = takeText(row, 'id');
  return { id, name: takeTextOrNull(row, field) ?? id };
}
