import { expect, test } from 'vitest';
import { formatQueueMessage } from '../../../src/wazuh/engine/queue.ts';

test.each([
  [
    { id: '020', name: 'WIN-7FK8M79Q5R6', ip: '192.168.252.105' },
    '1:[020] (WIN-7FK8M79Q5R6) 192.168.252.105->opencti:{}',
  ],
  [{ id: '020', name: 'x', ip: null }, '1:[020] (x) any->opencti:{}'],
  [{ id: '020', name: 'x', ip: '2001:db8::1' }, '1:[020] (x) 2001|:db8|:|:1->opencti:{}'],
  [{ id: '020', name: 'a|b', ip: 'any' }, '1:[020] (a||b) any->opencti:{}'],
  [{ id: '020', name: 'a|:b', ip: 'any' }, '1:[020] (a|||:b) any->opencti:{}'],
  [{ id: '020', name: 'two\nlines', ip: 'any' }, '1:[020] (two lines) any->opencti:{}'],
  [{ id: '000', name: 'wazuh', ip: '127.0.0.1' }, '1:opencti:{}'],
])('%o', (agent, message) => {
  expect(formatQueueMessage(agent, '{}')).toBe(message);
});
