import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDescriptors, checkFolder } from '../../../src/operations/doctor/machine-checks.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const limits = (hard: string) => () =>
  `Limit   Soft   Hard   Units\nMax open files            1024                 ${hard}               files\n`;

describe('descriptors', () => {
  it.each([
    ['2000', 1500, 'ok'],
    ['unlimited', 100_000, 'ok'],
    ['1024', 1500, 'warning'],
    ['1024', 500, 'ok'],
  ])('%s for %i calls: %s', (hard, maxCalls, level) => {
    expect(checkDescriptors(maxCalls, limits(hard))).toMatchObject([{ level }]);
  });

  it('says how many to allow', () => {
    expect(checkDescriptors(undefined, limits('1024'))).toMatchObject([
      { cure: expect.stringContaining('LimitNOFILE=2000') },
    ]);
  });

  it('is left out where the system does not tell', () => {
    expect(checkDescriptors(100, () => null)).toMatchObject([{ level: 'skipped' }]);
  });
});

describe('the data folder', () => {
  it('is made, as a start would', () => {
    expect(checkFolder(join(temporaryFolder(), 'new'))).toMatchObject([
      { level: expect.stringMatching(/ok|warning/) },
    ]);
  });

  it('that is a file is named, with what to do', () => {
    expect(checkFolder('/dev/null/data')).toMatchObject([
      {
        level: 'error',
        text: expect.stringContaining('/dev/null/data'),
        cure: expect.stringContaining('DATA_DIR'),
      },
    ]);
  });

  it.skipIf(process.getuid?.() === 0)(
    'that may not be written is named (skipped as root, who may all)',
    () => {
      const folder = temporaryFolder();
      chmodSync(folder, 0o500);
      expect(checkFolder(folder)).toMatchObject([{ level: 'error' }]);
    },
  );
});
