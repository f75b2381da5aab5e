"""The policies in Lua, as one script: any number of moves in one call, each atomic, by the server's own clock."""

SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local floor, min, max = math.floor, math.min, math.max

-- Each is given the state, the units, the moment that they belong to, and the policy's terms. It answers whether they
-- were admitted, the state after them, and when the bucket is full by itself.

local function gcra(state, units, at, spacing, filling)
    local debt = state[1] and min(max(state[1] - now, 0), filling) or 0
    local after = max(debt + units * spacing, 0)
    if units > 0 and after > filling then return false end
    return true, {now + after}, now + after
end

local function token_bucket(state, units, at, gain, full)
    local grain = 1000000000
    local held = full
    if state[1] then
        local gone = min(max(now - state[2], 0), math.ceil(full / gain))
        held = min(state[1] + gone * gain, full)
    end
    local left = held - units * grain
    if units > 0 and left < 0 then return false end
    left = max(left, 0)
    return true, {left, now}, now + math.ceil((full - left) / gain)
end

local function sliding_window(state, units, at, slice, capacity, slices)
    local last, used, order, counts = floor(now / slice), 0, {}, {}
    local function add(index, count)
        if not counts[index] then
            counts[index] = 0
            order[#order + 1] = index
        end
        counts[index] = max(counts[index] + count, 0)
    end
    for n = 1, #state, 2 do
        if state[n] >= last - slices then
            add(min(state[n], last), state[n + 1])
            used = used + state[n + 1]
        end
    end
    if units > 0 and used + units > capacity then return false end
    local index = floor(at / slice)
    if units > 0 or counts[index] then add(index, units) end
    table.sort(order)
    local after, full_at = {}, 0
    for _, each in ipairs(order) do
        if counts[each] > 0 then
            after[#after + 1] = each
            after[#after + 1] = counts[each]
            full_at = (each + slices + 1) * slice
        end
    end
    return true, after, full_at
end

local function fixed_window(state, units, at, window, capacity)
    local index = floor(now / window)
    local used = state[1] and state[1] >= index and state[2] or 0
    if units > 0 and used + units > capacity then return false end
    if units > 0 or floor(at / window) >= index then used = max(used + units, 0) end
    return true, {index, used}, used > 0 and (index + 1) * window or 0
end

local policies = {
    ['gcra'] = gcra, ['token-bucket'] = token_bucket,
    ['sliding-window'] = sliding_window, ['fixed-window'] = fixed_window,
}

local answers, arg = {}, 0
local function argument()
    arg = arg + 1
    return ARGV[arg]
end

for n, key in ipairs(KEYS) do
    local kind, units, at, count = argument(), tonumber(argument()), tonumber(argument()), tonumber(argument())
    local terms = {}
    for t = 1, count do terms[t] = tonumber(argument()) end
    local state = {}
    for number in string.gmatch(redis.call('GET', key) or '', '%d+') do state[#state + 1] = tonumber(number) end
    if at < 0 then at = now end
    local admitted, after, full_at = policies[kind](state, units, at, unpack(terms))
    if admitted and units ~= 0 then
        local lifetime = math.ceil((full_at - now) / 1000)
        if lifetime > 0 then
            local shown = {}
            for s, number in ipairs(after) do shown[s] = string.format('%.0f', number) end
            redis.call('SET', key, table.concat(shown, ' '), 'PX', string.format('%.0f', lifetime))
        else
            redis.call('DEL', key)
        end
    end
    answers[n] = {admitted and 1 or 0, now, unpack(admitted and after or state)}
end
return answers
"""
"""For each key: the policy's kind, units, the moment they belong to (below zero: now), how many terms, the terms.

Answers, for each key: whether it was admitted, the server's time, the state. The clocks of machines do not matter.
Whole microseconds since 1970 are exact in Lua's doubles until 2255; numbers are formatted by hand because Lua prints 14
digits of them.
"""
TIME = "redis.call('TIME')"
"""What a test replaces to move the script's clock."""
