import { closeSync, constants, writeFileSync } from 'node:fs';
import { type LogLevel, logLevels } from '../config/schema.ts';
import { holdFolder, openFile } from '../files/held.ts';
import { giveAway } from '../files/write.ts';

const { O_WRONLY, O_APPEND, O_CREAT } = constants;

/** Appends to `logs/opencti-wazuh.log`, a line at a time. A run never fails for it: its caller sees all that is in it. */
export interface Log {
  write(level: LogLevel, text: string): void;
}

/** @param least lines of a lower level are left out. */
export function openLog(home: string, least: LogLevel): Log {
  return {
    write(level, text) {
      if (logLevels.indexOf(level) > logLevels.indexOf(least)) return;
      const line = `${new Date().toISOString()} refresh ${level}: ${text.replace(/\s*\n\s*/g, '; ')}\n`;
      try {
        append(home, line);
      } catch {}
    },
  };
}

/** By descriptor: the folder belongs to `wazuh`, who could make a link of the name. */
function append(home: string, line: string): void {
  const root = holdFolder(home);
  try {
    const logs = root.folder('logs');
    try {
      const file = openFile(logs, 'opencti-wazuh.log', O_WRONLY | O_APPEND | O_CREAT);
      if (file === null) return;
      if (file.stats.size === 0 && file.stats.uid === process.getuid?.() && file.stats.nlink === 1)
        giveAway(file.descriptor, logs.owner, 0o660);
      writeFileSync(file.descriptor, line);
      closeSync(file.descriptor);
    } finally {
      logs.close();
    }
  } finally {
    root.close();
  }
}
