"""Runs openai-python against the server at argv[1]; prints {check: null or what went wrong} as JSON."""

import asyncio
import json
import sys
import time
import traceback

from openai import APIStatusError, AsyncOpenAI, BadRequestError, NotFoundError, OpenAI
from pydantic import BaseModel

client = OpenAI(base_url=f"{sys.argv[1]}/v1", api_key="none")
MODEL = "agent"
UNKNOWN = "resp_000000000000000000000000"
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "strict": False,
    "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
}


def refused(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


def ended(response_id):
    for _ in range(500):
        response = client.responses.retrieve(response_id)
        if response.status not in ("queued", "in_progress"):
            return response
        time.sleep(0.02)
    raise AssertionError("it did not end")


def create():
    response = client.responses.create(model=MODEL, input="hi", metadata={"a": "b"})
    assert response.output_text == "You said: hi", response
    assert response.status == "completed" and response.metadata == {"a": "b"}
    assert response.usage.total_tokens == 15 and response._request_id
    raw = client.responses.with_raw_response.create(model=MODEL, input="hi")
    assert raw.headers["x-request-id"] and raw.parse().output_text == "You said: hi"


def stream():
    events = list(client.responses.create(model=MODEL, input="hi", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[0].type == "response.created" and events[-1].type == "response.completed"
    with client.responses.stream(model=MODEL, input="hi") as live:
        texts = [event.delta for event in live if event.type == "response.output_text.delta"]
        assert texts == ["You ", "said: ", "hi"], texts
        assert live.get_final_response().output_text == "You said: hi"


def retrieve():
    made = client.responses.create(model=MODEL, input="hi")
    got = client.responses.retrieve(made.id)
    left, right = made.to_dict(), got.to_dict()
    assert right.pop("attempt_number") == 1
    assert left == right, (left, right)


def retrieve_stream():
    events = list(client.responses.create(model=MODEL, input="hi", stream=True))
    made = events[0].response.id
    again = list(client.responses.retrieve(made, stream=True))
    assert [e.to_dict() for e in again] == [e.to_dict() for e in events]
    rest = list(client.responses.retrieve(made, stream=True, starting_after=3))
    assert [e.to_dict() for e in rest] == [e.to_dict() for e in events[4:]]
    with client.responses.stream(response_id=made, starting_after=3) as live:
        assert [event.sequence_number for event in live] == list(range(4, len(events)))
        assert live.get_final_response().output_text == "You said: hi"


def background():
    made = client.responses.create(model=MODEL, input="hi", background=True)
    assert made.status in ("queued", "in_progress") and made.output == []
    assert ended(made.id).output_text == "You said: hi"


def cancel():
    made = client.responses.create(model="endless", input="hi", background=True)
    cancelled = client.responses.cancel(made.id)
    assert cancelled.status == "cancelled", cancelled
    assert client.responses.cancel(made.id).to_dict() == cancelled.to_dict()
    foreground = client.responses.create(model=MODEL, input="hi")
    refused(BadRequestError, lambda: client.responses.cancel(foreground.id))


def delete():
    made = client.responses.create(model=MODEL, input="hi")
    assert client.responses.delete(made.id) is None
    for call in (client.responses.retrieve, client.responses.cancel, client.responses.delete):
        refused(NotFoundError, lambda call=call: call(made.id))


def input_items():
    given = [{"role": "user", "content": f"m{at}"} for at in range(45)]
    made = client.responses.create(model=MODEL, input=given)
    listed = list(client.responses.input_items.list(made.id, limit=7, order="asc"))
    assert [item.content[0].text for item in listed] == [f"m{at}" for at in range(45)]


def input_tokens():
    short = client.responses.input_tokens.count(model=MODEL, input="hi")
    long = client.responses.input_tokens.count(model=MODEL, input="hi there " * 200)
    assert short.object == "response.input_tokens" and 0 < short.input_tokens < long.input_tokens


def compact():
    first = client.responses.create(model=MODEL, input="one")
    made = client.responses.compact(model=MODEL, previous_response_id=first.id)
    assert made.object == "response.compaction"
    assert [item.type for item in made.output] == ["message", "compaction"], made
    given = [item.to_dict() for item in made.output] + [{"role": "user", "content": "two"}]
    assert client.responses.create(model=MODEL, input=given).output_text == "You said: two"


def chain_with_tools():
    first = client.responses.create(model=MODEL, input="What is the weather?", tools=[WEATHER])
    call = first.output[0]
    assert call.type == "function_call" and json.loads(call.arguments) == {"location": "Paris"}
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    second = client.responses.create(model=MODEL, input=[output], previous_response_id=first.id)
    assert second.output_text == "It is sunny." and second.previous_response_id == first.id
    # The whole output may be sent back as it came.
    given = [{"role": "user", "content": "?"}, *first.output, output]
    assert client.responses.create(model=MODEL, input=given).output_text == "It is sunny."


def conversations():
    made = client.conversations.create(
        metadata={"a": "b"}, items=[{"type": "message", "role": "user", "content": "zero"}]
    )
    assert client.conversations.retrieve(made.id).metadata == {"a": "b"}
    assert client.conversations.update(made.id, metadata={"a": "c"}).metadata == {"a": "c"}
    response = client.responses.create(model=MODEL, input="one", conversation=made.id)
    assert response.conversation.id == made.id
    items = list(client.conversations.items.list(made.id, order="asc"))
    assert [item.content[0].text for item in items] == ["zero", "one", "You said: one"]
    added = client.conversations.items.create(
        made.id, items=[{"type": "message", "role": "user", "content": "two"}]
    )
    one = added.data[0]
    got = client.conversations.items.retrieve(one.id, conversation_id=made.id)
    assert got.to_dict() == one.to_dict()
    assert client.conversations.items.delete(one.id, conversation_id=made.id).id == made.id
    assert len(list(client.conversations.items.list(made.id, limit=2))) == 3
    assert client.conversations.delete(made.id).deleted is True
    error = refused(NotFoundError, lambda: client.conversations.retrieve(made.id))
    assert error.code == "conversation_not_found", error


def parse():
    class City(BaseModel):
        city: str
        population: int

    made = client.responses.parse(model="city", input="?", text_format=City)
    assert made.output_parsed == City(city="Paris", population=2100000)
    with client.responses.stream(
        model="city", input="?", text_format=City, previous_response_id=made.id
    ) as live:
        assert live.get_final_response().output_parsed == made.output_parsed


def errors():
    error = refused(NotFoundError, lambda: client.responses.retrieve(UNKNOWN))
    assert error.request_id and "not found" in error.message
    error = refused(
        BadRequestError,
        lambda: client.responses.create(model=MODEL, input="?", previous_response_id=UNKNOWN),
    )
    assert error.code == "previous_response_not_found" and error.param == "previous_response_id"
    error = refused(BadRequestError, lambda: client.responses.create(model=MODEL, input=3))
    assert error.param == "input", error.param


def failure():
    error = refused(APIStatusError, lambda: client.responses.create(model="failing", input="hi"))
    assert error.status_code == 503 and "Overloaded." in error.message


def websocket():
    with client.responses.connect() as connection:

        def turn(**fields):
            connection.send({"type": "response.create", "model": MODEL, **fields})
            while True:
                event = connection.recv()
                if event.type in ("response.completed", "response.failed", "error"):
                    return event

        first = turn(input="one", store=False).response
        second = turn(input="two", store=False, previous_response_id=first.id).response
        assert second.output[0].content[0].text == "You said: two", second
        refusal = turn(input="?", previous_response_id=UNKNOWN)
        assert refusal.type == "error", refusal
        assert refusal.to_dict()["error"]["code"] == "previous_response_not_found"
        assert turn(input="three").response.status == "completed"


def asynchronous():
    async def main():
        async with AsyncOpenAI(base_url=f"{sys.argv[1]}/v1", api_key="none") as aclient:
            made = await asyncio.gather(
                *(aclient.responses.create(model=MODEL, input=f"m{at}") for at in range(10))
            )
            assert [r.output_text for r in made] == [f"You said: m{at}" for at in range(10)]
            events = await aclient.responses.retrieve(made[0].id, stream=True)
            assert [event.type async for event in events][-1] == "response.completed"

    asyncio.run(main())


CHECKS = [
    create, stream, retrieve, retrieve_stream, background, cancel, delete, input_items, input_tokens,
    compact, chain_with_tools, conversations, parse, errors, failure, websocket, asynchronous,
]  # fmt: skip

results = {}
for check in CHECKS:
    try:
        check()
        results[check.__name__] = None
    except BaseException:
        results[check.__name__] = traceback.format_exc()
print(json.dumps(results))
