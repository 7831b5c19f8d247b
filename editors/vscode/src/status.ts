// What a server says of itself, and how it is shown in the status bar. Pure.

export interface Job {
  uri: string;
  message: string;
  proved: number;
  holes: number;
}

/** The answer to `unsorry.status`. */
export interface Status {
  revision: number;
  version: string;
  pid: number;
  engines: string[];
  available: string[];
  /** The documents that are open there. */
  documents: string[];
  jobs: Job[];
  last: { job: number; uri: string; proved: number; holes: number; message: string } | null;
  complaint: string | null;
  log: string | null;
  config: string | null;
}

/** How things stand for the file in front. */
export type Standing =
  | { kind: 'connected'; status: Status; uri: string; fresh: boolean }
  | { kind: 'waiting' }
  | { kind: 'off' }
  | { kind: 'problem'; reason: string };

export interface Shown {
  text: string;
  tooltip: string;
  alarm: boolean;
}

const LENGTH = 48;

/** The item's text and, in Markdown, its tooltip. */
export function shown(standing: Standing): Shown {
  switch (standing.kind) {
    case 'connected':
      return connected(standing.status, standing.uri, standing.fresh);
    case 'waiting':
      return item('$(loading~spin) unsorry', 'Waiting for Lean to start.');
    case 'off':
      return item('$(circle-slash) unsorry', 'unsorry is not enabled. Click to enable it.');
    case 'problem':
      return { text: '$(warning) unsorry', tooltip: plain(standing.reason), alarm: true };
  }
}

function connected(status: Status, uri: string, fresh: boolean): Shown {
  const about = [`unsorry ${plain(status.version)}`, `Asked for proofs: ${plain(names(status.engines))}`];
  if (status.complaint) {
    return { text: '$(warning) unsorry', tooltip: lines([plain(status.complaint), ...about]), alarm: true };
  }
  const job = status.jobs.find(job => job.uri === uri) ?? status.jobs[0];
  if (job) {
    // The server's progress tells more, further left: a text that changes all the time would move what is beside it.
    const count = job.holes > 1 ? ` ${job.proved}/${job.holes}` : '';
    const tooltip = lines([plain(job.message), `${job.proved} of ${job.holes} proved`, 'Click to stop.', ...about]);
    return item(`$(sync~spin) unsorry${count}`, tooltip);
  }
  const last = status.last;
  if (fresh && last?.uri === uri) {
    const icon = last.proved === last.holes ? '$(check)' : '$(circle-slash)';
    const tooltip = lines([plain(last.message), `${last.proved} of ${last.holes} proved`, ...about]);
    return item(`${icon} ${short(last.message)}`, tooltip);
  }
  return item(`$(sparkle) unsorry: ${short(names(status.engines))}`, lines(['Ready: put the cursor on a `sorry`.', ...about]));
}

function item(text: string, tooltip: string): Shown {
  return { text, tooltip, alarm: false };
}

function names(engines: string[]): string {
  return engines.join(', ') || 'nobody';
}

// `$(…)` would be an icon.
function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').replaceAll('$(', '$ (').trim();
  return line.length > LENGTH ? line.slice(0, LENGTH - 1).trimEnd() + '…' : line;
}

function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>~$&-]/g, '\\$&');
}

function lines(texts: string[]): string {
  return texts.join('\n\n');
}
