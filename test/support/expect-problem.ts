import { expect } from 'vitest';
import type { Answer } from './client.js';

interface FieldFault {
  field: string;
  messages: string[];
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  request_id: string;
  errors?: FieldFault[];
}

/** A package, a statement, a stack frame or the path of a file. */
const LEAK =
  /node_modules|SELECT|INSERT|sqlite|postgres|\bat .+:\d|file:|\.[jt]s\b|\/(src|dist|tmp|work)\//i;

/** That an answer is a sound problem (RFC 9457) of this status and gives nothing away. */
export function expectProblem(answer: Answer, status: number, kind?: string): Problem {
  expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(
    /^application\/problem\+json(; charset=utf-8)?$/,
  );
  const { errors, ...problem } = answer.body as Problem;
  expect(problem).toEqual({
    type: kind ? `urn:conclave:problem:${kind}` : expect.stringMatching(/^urn:conclave:problem:/),
    title: expect.stringMatching(/\w/),
    status,
    detail: expect.stringMatching(/^[A-Z].+\.$/),
    request_id: answer.headers.get('x-request-id'),
  });
  expect(problem.request_id).toMatch(/^[\w.:-]{1,64}$/);
  expect(JSON.stringify(answer.body)).not.toMatch(LEAK);
  if (problem.type.endsWith(':invalid-input')) expectFaults(errors);
  else expect(errors).toBeUndefined();
  return answer.body as Problem;
}

/** That an answer is a 400 that names exactly these fields, each with a reason to act on. */
export function expectInvalid(answer: Answer, ...fields: string[]): Problem {
  const problem = expectProblem(answer, 400, 'invalid-input');
  expect(problem.errors!.map(({ field }) => field).sort()).toEqual(fields.sort());
  return problem;
}

function expectFaults(faults: FieldFault[] | undefined): void {
  expect(faults).not.toEqual([]);
  for (const { field, messages, ...rest } of faults!) {
    expect(rest).toEqual({});
    expect(messages.length, field).toBeGreaterThan(0);
    for (const message of messages) {
      expect(message).toMatch(/ (must|is missing|is not a known field|cannot)|^Give /);
    }
  }
}
