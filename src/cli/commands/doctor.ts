import type { Command } from 'commander';
import type { Finding } from '../doctor/finding.js';
import { EXIT } from '../exit-codes.js';
import { inheritedUmask } from '../inherited-umask.js';
import { leaf } from './group.js';

export function doctor(): Command {
  const description = 'what is wrong with this installation, and what to do about it';
  return leaf('doctor', description, async (session) => {
    const { examine } = await import('../doctor/examine.js');
    const findings = await examine(session.env, inheritedUmask);
    const dangers = findings.filter(({ severity }) => severity === 'danger').length;
    session.print({ dangers, findings }, told(findings));
    if (dangers > 0) process.exitCode = EXIT.failed;
  });
}

function told(findings: Finding[]): string {
  if (findings.length === 0) return 'Nothing is wrong.';
  return findings
    .map(({ severity, part, what, advice }) => `${severity}  ${part}: ${what}\n        ${advice}`)
    .join('\n');
}
