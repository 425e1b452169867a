// Shows /openapi.json and lets every operation be tried. Own code, so that the page needs no other host.

const $ = (id) => document.getElementById(id);
let access = null;
let api = null;

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function resolve(schema) {
  return schema?.$ref ? resolve(api.components.schemas[schema.$ref.split("/").pop()]) : schema ?? {};
}

// A schema by example, a few levels deep.
function example(schema, depth = 0) {
  schema = resolve(schema);
  const one = schema.anyOf?.[0] ?? schema.oneOf?.[0] ?? schema.allOf?.[0];
  if (one) return example(one, depth);
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.const !== undefined) return schema.const;
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "array") return depth > 4 ? [] : [example(schema.items, depth + 1)];
  if (type === "object" || schema.properties) {
    if (depth > 4) return {};
    return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, each]) => [name, example(each, depth + 1)]));
  }
  if (type === "integer" || type === "number") return schema.minimum ?? 0;
  if (type === "boolean") return false;
  return { uuid: "00000000-0000-7000-8000-000000000000", "date-time": "2026-01-01T00:00:00.000Z" }[schema.format] ?? "string";
}

const shown = (value) => make("pre", { textContent: typeof value === "string" ? value : JSON.stringify(value, null, 2) });

function operation(method, path, told) {
  const box = make("details", {}, make("summary", {}, make("b", { textContent: method.toUpperCase() }), path, ` ${told.summary ?? ""}`));
  box.addEventListener("toggle", () => fill(box, method, path, told), { once: true }); // most are never opened
  return box;
}

function fill(box, method, path, told) {
  const fields = (told.parameters ?? []).map((each) => ({ ...each, input: make("input", { required: each.required ?? false }) }));
  const content = told.requestBody?.content ?? {};
  const json = content["application/json"], form = content["multipart/form-data"];
  const body = json ? make("textarea", { value: JSON.stringify(example(json.schema), null, 2) }) : null;
  const file = form ? make("input", { type: "file" }) : null;
  const result = make("div");
  const attempt = make("form", {},
    ...fields.map((each) => make("label", {}, `${each.name} (${each.in}) `, each.input)),
    ...(body ? [body] : []), ...(file ? [file] : []), make("button", { textContent: "Try it" }));
  attempt.onsubmit = (event) => { event.preventDefault(); send(method, path, fields, body, file, result); };
  box.append(make("p", { textContent: told.description ?? "" }), attempt, result, make("h4", { textContent: "Answers" }));
  for (const [status, answer] of Object.entries(told.responses ?? {})) {
    box.append(make("p", { textContent: `${status}: ${answer.description}` }));
    const schema = answer.content?.["application/json"]?.schema;
    if (schema) box.append(shown(example(schema)));
  }
}

async function send(method, path, fields, body, file, result) {
  const query = new URLSearchParams();
  const headers = access ? { Authorization: `Bearer ${access}` } : {};
  for (const { name, in: place, input } of fields) {
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(input.value));
    else if (input.value && place === "query") query.set(name, input.value);
    else if (input.value && place === "header") headers[name] = input.value;
  }
  let sent;
  if (body) { headers["Content-Type"] = "application/json"; sent = body.value; }
  if (file?.files[0]) { sent = new FormData(); sent.set("file", file.files[0]); }
  const answer = await fetch(path + (query.size ? `?${query}` : ""), { method: method.toUpperCase(), headers, body: sent });
  const text = await answer.text();
  let content = text;
  try { content = JSON.parse(text); } catch { /* shown as it is */ }
  result.replaceChildren(make("p", { textContent: `${answer.status} ${answer.statusText}` }), shown(content));
}

$("authorize").onsubmit = async (event) => {
  event.preventDefault();
  const body = new URLSearchParams({ grant_type: "password", username: $("username").value, password: $("password").value });
  const answer = await fetch("/api/v1/auth/login", { method: "POST", body });
  const content = await answer.json();
  access = content.access_token ?? null;
  $("who").textContent = answer.ok ? `authorized as ${$("username").value}` : content.detail;
};

api = await (await fetch("/openapi.json")).json();
for (const { name } of api.tags) {
  const section = make("section", {}, make("h2", { textContent: name }));
  for (const [path, operations] of Object.entries(api.paths)) {
    for (const [method, told] of Object.entries(operations)) {
      if (told.tags?.includes(name)) section.append(operation(method, path, told));
    }
  }
  $("operations").append(section);
}
