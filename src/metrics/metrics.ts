import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What an operator sees at `/metrics`. Each part of the server adds what it knows. */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  readonly contentType = this.registry.contentType;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** A number that goes up and down, read when it is asked for. */
  gauge(name: string, help: string, read: () => number): void {
    const registers = [this.registry];
    new Gauge({ name, help, registers, collect: collectInto((gauge: Gauge) => gauge.set(read())) });
  }

  /** Such numbers that say of what each is, by labels. */
  gauges(
    name: string,
    help: string,
    labelNames: string[],
    read: () => { labels: Record<string, string>; value: number }[],
  ): void {
    const collect = collectInto((gauge: Gauge) => {
      gauge.reset();
      for (const { labels, value } of read()) gauge.set(labels, value);
    });
    new Gauge({ name, help, labelNames, registers: [this.registry], collect });
  }

  /** Words that do not change, as labels of the number 1. */
  info(name: string, help: string, labels: Readonly<Record<string, string>>): void {
    const registers = [this.registry];
    new Gauge({ name, help, labelNames: Object.keys(labels), registers }).set(labels, 1);
  }

  /** A number that only grows, read when it is asked for. */
  counter(name: string, help: string, read: () => number): void {
    const collect = collectInto((counter: Counter) => {
      counter.reset();
      counter.inc(read());
    });
    new Counter({ name, help, registers: [this.registry], collect });
  }

  /** Such numbers that say of what each is, by a label. */
  counters(
    name: string,
    help: string,
    label: string,
    read: () => Readonly<Record<string, number>>,
  ): void {
    const collect = collectInto((counter: Counter) => {
      counter.reset();
      for (const [value, count] of Object.entries(read())) counter.inc({ [label]: value }, count);
    });
    new Counter({ name, help, labelNames: [label], registers: [this.registry], collect });
  }

  /** How often a cache knew, and how often it did not. */
  cache(name: string, help: string, lookUps: { hits: number; misses: number }): void {
    this.counter(`${name}_hits_total`, `${help} and known`, () => lookUps.hits);
    this.counter(`${name}_misses_total`, `${help} and not known`, () => lookUps.misses);
  }

  histogram<Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: Label[] = [],
  ): Histogram<Label> {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.registry] });
  }

  /** Everything, in Prometheus' text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }
}

/** The library hands the metric to its collector as `this`. */
function collectInto<T>(collect: (metric: T) => void): (this: T) => void {
  return function (this: T) {
    collect(this);
  };
}
