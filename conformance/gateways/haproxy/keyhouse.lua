-- /etc/haproxy/keyhouse.lua: asks Keyhouse about a request. HAProxy 2.6 or later; needs nothing but HAProxy.
-- The last argument of `http-request lua.keyhouse` is the address of /verify: a number, not a name, unless HAProxy can resolve it.

-- HAProxy asks up to four times before it gives up.
local TIMEOUT_MS = 1000

-- What the answer depends on, as the client sent it.
local PASSED_ON = {
  "authorization", "user-agent", "origin", "access-control-request-method",
  "x-http-method-override", "x-http-method", "x-method-override",
}

local ANSWERED = {
  "x-keyhouse-kind", "x-keyhouse-account", "x-keyhouse-user", "x-keyhouse-subject",
  "x-keyhouse-credential", "x-keyhouse-application", "x-keyhouse-permissions", "x-keyhouse-environment",
}

local TOLD = { "content-type", "cache-control", "www-authenticate", "x-request-id", "retry-after", "ratelimit-remaining", "ratelimit-reset" }

local IS_REFUSAL = { [401] = true, [403] = true, [429] = true, [503] = true }

-- HAProxy counts the values of a header from 0.
local function first(headers, name)
  return headers[name] and headers[name][0]
end

local function all(headers, name)
  local values = {}
  local index = 0
  while headers[name] and headers[name][index] do
    values[#values + 1] = headers[name][index]
    index = index + 1
  end
  return values
end

local function question(txn)
  local sent = txn.http:req_get_headers()
  local headers = {
    ["x-original-method"] = { txn.sf:method() },
    ["x-original-uri"] = { txn.sf:pathq() },
    ["x-forwarded-for"] = { txn.sf:src() },
  }
  for _, name in ipairs(PASSED_ON) do
    -- Each of them: a header that is repeated is for Keyhouse to refuse.
    if sent[name] then headers[name] = all(sent, name) end
  end
  return headers
end

core.register_action("keyhouse", { "http-req" }, function(txn, url)
  local client = core.httpclient()
  local answer = client:get { url = url, headers = question(txn), timeout = TIMEOUT_MS }
  -- Every answer of Keyhouse has an id. Without one it is HAProxy's own page for a server that is away, or somebody else's.
  if answer == nil or not first(answer.headers, "x-request-id") then return end

  if answer.status == 200 then
    if not answer.headers["x-keyhouse-kind"] then return end
    for _, name in ipairs(ANSWERED) do
      txn.http:req_set_header(name, first(answer.headers, name) or "")
    end
    txn:set_var("txn.keyhouse", "allowed")
    return
  end

  -- Anything else has no say; the configuration answers for it.
  if not IS_REFUSAL[answer.status] then return end
  local reply = txn:reply { status = answer.status, body = answer.body }
  for _, name in ipairs(TOLD) do
    local value = first(answer.headers, name)
    if value then reply:add_header(name, value) end
  end
  txn:done(reply)
end, 1)
