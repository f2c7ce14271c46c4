import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from './callers.js';
import { OverloadedError, TooManyRequestsError } from '../common/errors.js';
import { Pace } from './pace.js';
import { Places } from './places.js';
import type { Reason, Refusals } from './refusals.js';
import { Turns } from './turns.js';
import type { UnreadAnswers } from './unread-answers.js';

declare module 'fastify' {
  interface FastifyRequest {
    visit: Visit | null;
  }
}

interface Visit {
  caller: Caller;
  needsPlace: boolean;
  hasPlace: boolean;
  /** Something is done for it: it keeps its place until the answer, though its client may have gone. */
  hasBegun: boolean;
}

/**
 * What tells an operator how the server is, streams, which are under way for hours, and what waits
 * for a password to be hashed, in a line with a bound of its own. Their bodies are bounded as all are.
 */
const EXEMPT = /^\/(health\/\w+|metrics|events|userauth\/user(Login|Signup))$/;
/** Of these nobody else's requests from the same address keep them waiting. */
const HEALTH = /^\/(health|metrics)/;
const RETRY_SECONDS = 1;

/** One of each for all: to trace where each is made would be a seventh of what it takes to refuse. */
const OVERLOADED = new OverloadedError();
const SHARE = new TooManyRequestsError('You have too many requests under way.', RETRY_SECONDS);
const UNREAD = new TooManyRequestsError('Read the answers that you asked for.', RETRY_SECONDS);
const ERRORS: Partial<Record<Reason, Error>> = {
  pace: OVERLOADED,
  places: OVERLOADED,
  places_without_token: OVERLOADED,
  share: SHARE,
  unread_of_caller: UNREAD,
};

/**
 * Keeps the server quick when more is asked than it can do, and keeps any one caller from what all
 * need: a request takes a place once its body is here and gives it back with its answer, however long
 * the client takes to read that, and though it may have gone: the work goes on. What gets none is
 * refused before anything is done for it.
 */
export class Admission {
  constructor(
    private readonly callerOf: (request: FastifyRequest) => Caller,
    private readonly unread: UnreadAnswers,
    private readonly refusals: Refusals,
    private readonly places = new Places(),
    private readonly turns = new Turns(),
    private readonly pace = new Pace(),
  ) {}

  guard(fastify: FastifyInstance): void {
    fastify.decorateRequest('visit', null);
    fastify.addHook('onRequest', (request, _reply, done) => {
      const { url = '', config } = request.routeOptions;
      const visit = {
        caller: this.callerOf(request),
        needsPlace: !EXEMPT.test(url) && !config.hasOwnPlaces,
        hasPlace: false,
        hasBegun: false,
      };
      request.visit = visit;
      if (visit.caller.isUser) return done(this.refusalOf(visit));
      this.pace.enter(lineOf(visit.caller, url), (refusal) => {
        if (request.raw.socket.destroyed) return;
        done(refusal ? this.refusal(refusal) : this.refusalOf(visit));
      });
    });
    fastify.addHook('preValidation', ({ visit, raw }, reply, done) => {
      if (!visit?.needsPlace) return done();
      if (raw.socket.destroyed) return; // nobody waits for it any more
      const refusal = this.refusalOf(visit);
      if (refusal) return done(refusal);
      if (this.places.refusalOf(visit.caller)) this.turns.makeRoom();
      this.take(visit, reply);
      this.turns.begin(visit.caller.key, {
        begin: () => {
          if (raw.socket.destroyed) return this.giveBack(visit);
          visit.hasBegun = true;
          done();
        },
        refuse: () => {
          this.giveBack(visit);
          done(this.refusal('places'));
        },
      });
    });
    fastify.server.on('connection', () => this.turns.noteNewcomer());
    fastify.addHook('onSend', ({ visit }, reply, _payload, done) => {
      if (visit) this.giveBack(visit);
      this.unread.watch(reply);
      done();
    });
  }

  private refusalOf(visit: Visit): Error | undefined {
    const reason = visit.needsPlace && this.reasonOf(visit);
    return reason ? this.refusal(reason) : undefined;
  }

  private reasonOf({ caller }: Visit): Reason | undefined {
    if (this.unread.isFull(caller)) return 'unread_of_caller';
    const reason = this.places.refusalOf(caller);
    return reason === 'places' && this.turns.hasRoomFor(caller.key) ? undefined : reason;
  }

  private refusal(reason: Reason): Error | undefined {
    this.refusals.note(reason);
    return ERRORS[reason];
  }

  private take(visit: Visit, reply: FastifyReply): void {
    visit.hasPlace = true;
    this.places.take(visit.caller);
    reply.raw.once('close', () => {
      // Its client has gone before its turn, or a WebSocket took its connection over.
      if (!visit.hasBegun || reply.sent) this.giveBack(visit);
    });
  }

  private giveBack(visit: Visit): void {
    if (!visit.hasPlace) return;
    visit.hasPlace = false;
    this.places.giveBack(visit.caller);
  }
}

function lineOf({ key }: Caller, url: string): string {
  return HEALTH.test(url) ? `health ${key}` : key;
}
