-- /etc/haproxy/keyhouse.lua: asks Keyhouse about a request. It needs HAProxy 2.6 or later, and nothing else.
-- The last argument of `http-request lua.keyhouse` is the URL of /verify, with an IP address unless HAProxy can resolve the name.

-- HAProxy asks up to four times before it gives up.
local TIMEOUT_MS = 1000

-- The headers that the answer depends on, as the client sent them.
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
    -- All values: Keyhouse itself refuses a repeated header.
    if sent[name] then headers[name] = all(sent, name) end
  end
  return headers
end

core.register_action("keyhouse", { "http-req" }, function(txn, url)
  local client = core.httpclient()
  local answer = client:get { url = url, headers = question(txn), timeout = TIMEOUT_MS }
  -- Every answer of Keyhouse has a request ID. Any other answer is HAProxy's own page for an unreachable server, or is from another program.
  if answer == nil or not first(answer.headers, "x-request-id") then return end

  if answer.status == 200 then
    if not answer.headers["x-keyhouse-kind"] then return end
    for _, name in ipairs(ANSWERED) do
      txn.http:req_set_header(name, first(answer.headers, name) or "")
    end
    txn:set_var("txn.keyhouse", "allowed")
    return
  end

  -- Any other status is ignored: the configuration answers 503.
  if not IS_REFUSAL[answer.status] then return end
  local reply = txn:reply { status = answer.status, body = answer.body }
  for _, name in ipairs(TOLD) do
    local value = first(answer.headers, name)
    if value then reply:add_header(name, value) end
  end
  txn:done(reply)
end, 1)
