import { path } from "./http/call.js";
import type { ClientOptions, RequestOptions } from "./options.js";
import { resolveOptions } from "./resolve-options.js";
import { type Conversations, createConversations } from "./resources/conversations.js";
import { createInvocations, type Invocations } from "./resources/invocations.js";
import { jsonCalls } from "./resources/json-calls.js";
import { createResponses, type Responses } from "./resources/responses.js";
import type { AgentInfo, Model } from "./types/stored.js";

/** A client of one agent server. It holds no connection: there is nothing to close. */
export interface Client {
  readonly responses: Responses;
  readonly conversations: Conversations;
  readonly models: {
    /** The agents that the server serves. */
    list(options?: RequestOptions): Promise<Model[]>;
    retrieve(id: string, options?: RequestOptions): Promise<Model>;
  };
  readonly agent: {
    /** `GET /agent/info`: who answers, and whether it is up. */
    info(options?: RequestOptions): Promise<AgentInfo>;
  };
  readonly invocations: Invocations;
}

/** Makes a client. Throws a TypeError that names a wrong option. */
export function createClient(options: ClientOptions): Client {
  const settings = resolveOptions(options);
  const json = jsonCalls(settings);
  return {
    responses: createResponses(settings, json),
    conversations: createConversations(settings, json),
    models: {
      list: async (request) => (await json.get<{ data: Model[] }>("/models", request)).data,
      retrieve: (id, request) => json.get(path("models", id), request),
    },
    agent: { info: (request) => json.get("/agent/info", request, { aboveV1: true }) },
    invocations: createInvocations(settings),
  };
}
