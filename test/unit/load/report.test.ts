import { describe, expect, it } from 'vitest';
import { reportPage } from '../../../src/load/report-page.ts';
import { reportTable } from '../../../src/load/report-table.ts';
import { goodFindings, latency, loadReport } from '../../support/load-report.ts';

describe('the report of a load', () => {
  it('survives its JSON file whole', () => {
    const report = loadReport('kept');
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('tells of an invalid run nothing that could be taken for the server', () => {
    const findings = goodFindings();
    const generator = {
      ...findings.generator,
      valid: false,
      reasons: ['a sender stood still for 2.5 s', 'take more'],
    };
    const table = reportTable(loadReport('invalid', { ...findings, generator }));
    expect(table).toContain('INVALID: the generator lagged');
    expect(table).toContain('a sender stood still for 2.5 s');
    expect(table).not.toMatch(/^ok/m);
  });

  it('names what was broken, with what was found and asked', () => {
    const slos = [{ name: 'turnP99Ms', limit: 50, found: 72.4, kept: false }] as const;
    const table = reportTable({ ...loadReport('broken'), slos });
    expect(table).toMatch(/FAIL turn p99 +72 ms, at most 50/);
    expect(table).toContain('BROKEN: turn p99.');
  });

  it('says how many calls the store agreed with', () => {
    expect(reportTable(loadReport('kept'))).toContain('100 right by the store, too');
    const table = reportTable(loadReport('kept', { ...goodFindings(), isStoreRead: false }));
    expect(table).not.toContain('store');
  });

  it('is a page that asks nothing of any network, with a plot of each kind', () => {
    const page = reportPage(loadReport('kept'));
    expect(page).not.toMatch(/https?:|src=|href=|@import|url\(/);
    expect(page.match(/<svg/g)?.length).toBeGreaterThanOrEqual(8);
    expect(page).toContain('<rect');
  });

  it('tells what the host of this machine took of its CPU', () => {
    expect(reportTable(loadReport('kept'))).toMatch(
      /^machine CPU +40 % used, 1\.0 % taken by its host \(worst second 3 %\)$/m,
    );
    expect(reportTable(loadReport('kept', { ...goodFindings(), machineCpu: null }))).not.toContain('host');
  });

  it('lets nothing of a complaint become markup', () => {
    const findings = { ...goodFindings(), gaps: latency(1), complaints: ['<script>alert(1)</script>'] };
    expect(reportPage(loadReport('kept', findings))).not.toContain('<script');
  });
});
