/**
 * Shows the API by Swagger UI, and makes its page work as it stands: tokens that an answer brings are used
 * from then on, and in place of what the examples name (ids, the e-mail, tokens) what was seen last is sent.
 * It runs in the browser.
 */
(async () => {
  const { SwaggerUIBundle, SwaggerUIStandalonePreset, sessionStorage } = window;
  const DOCUMENT = new URL('../openapi.json', window.document.currentScript.src);
  const STORED = 'conclave.seen';
  const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  const TOKEN = /^eyJ/;
  const EMAIL = /^[^@\s]+@example\.org$/;
  const ENDS_SESSION = ['logOut', 'eraseMe'];

  /** What an example names, and what to send in its place. */
  const seen = new Map(JSON.parse(sessionStorage.getItem(STORED) ?? '[]'));
  /** What was seen before that. */
  const before = new Map();
  /** The id of who is signed in. */
  let me;

  /** Tokens stay out of the store. */
  const store = () => {
    const entries = [...seen].filter(([example]) => !TOKEN.test(example));
    sessionStorage.setItem(STORED, JSON.stringify(entries));
  };

  /** Walks an example and an answer of its shape side by side. */
  const learn = (example, actual) => {
    if (typeof example === 'string' && typeof actual === 'string') {
      if (![UUID, TOKEN, EMAIL].some((it) => it.test(example))) return;
      if (seen.has(example) && seen.get(example) !== actual) before.set(example, seen.get(example));
      seen.set(example, actual);
    } else if (Array.isArray(example) && Array.isArray(actual)) {
      for (const item of actual) learn(example[0], item);
    } else if (example && actual && typeof example === 'object' && typeof actual === 'object') {
      for (const [key, value] of Object.entries(example)) {
        for (const own of UUID.test(key) ? Object.keys(actual) : [key]) {
          learn(key, own);
          learn(value, actual[own]);
        }
      }
    }
  };

  /** Nobody has a direct room with oneself. */
  const toSomebodyElse = ([example, actual]) => [
    example,
    actual === me ? (before.get(example) ?? actual) : actual,
  ];

  const replaced = (text, names) => {
    let result = text;
    for (const [example, actual] of names) {
      result = result.replaceAll(example, actual);
      result = result.replaceAll(encodeURIComponent(example), encodeURIComponent(actual));
    }
    return result;
  };

  /** The operation that a request asks for; a fixed path before one with parameters. */
  const operationIn = (spec, method, url) => {
    const { pathname } = new URL(url, window.location.href);
    const paths = Object.keys(spec.paths).sort((a, b) => a.split('{').length - b.split('{').length);
    const isIts = (path) => new RegExp(`^${path.replaceAll(/{\w+}/g, '[^/]+')}$`).test(pathname);
    const candidates = paths.filter(isIts).map((path) => spec.paths[path][method.toLowerCase()]);
    return candidates.find(Boolean);
  };

  const exampleIn = (holder) => holder?.content?.['application/json']?.example;

  /** By the URL: an answer does not say what it was asked with. */
  const asked = new Map();

  const requestInterceptor = (request) => {
    if (request.loadSpec) return request;
    const operation = operationIn(spec, request.method, request.url);
    if (operation?.operationId === 'signUp') {
      const fresh = `ada-${Math.random().toString(36).slice(2, 8)}@example.org`;
      seen.set(exampleIn(operation.requestBody).email, fresh); // each e-mail has one account
    }
    const isDirect = operation?.operationId === 'openDirectChat';
    const names = isDirect ? [...seen].map(toSomebodyElse) : seen;
    request.url = replaced(request.url, names);
    if (typeof request.body === 'string') request.body = replaced(request.body, names);
    asked.set(request.url, operation);
    return request;
  };

  const responseInterceptor = (response) => {
    const { url, status, obj, ok } = response;
    const operation = asked.get(url);
    if (!operation || !ok) return response;
    learn(exampleIn(operation.responses[status]), obj);
    store();
    if (typeof obj?.access_token === 'string') {
      me = obj.user?.id ?? me;
      ui.preauthorizeApiKey('bearer', obj.access_token);
      ui.authActions.persistAuthorizationIfNeeded();
    } else if (ENDS_SESSION.includes(operation.operationId)) {
      ui.authActions.logoutWithPersistOption(['bearer']);
    }
    return response;
  };

  const spec = await (await window.fetch(DOCUMENT)).json();
  const ui = SwaggerUIBundle({
    spec,
    dom_id: '#swagger-ui',
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    plugins: [SwaggerUIBundle.plugins.DownloadUrl],
    layout: 'StandaloneLayout',
    deepLinking: true,
    persistAuthorization: true,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    requestInterceptor,
    responseInterceptor,
  });
})();
