"""Python agents for figures in which the agent is not what is measured."""

import python_agent


def enrolled(coordinator, admin, folder, name):
    token = admin.post("/api/v1/join-tokens", {}).json["token"]
    return python_agent.Agent.enroll(folder / name, f"https://127.0.0.1:{coordinator.agent_port}", token, name)


def received(agent):
    """The agent's attempt, once it has one; there has to be a job for it."""
    for _ in range(3):
        if agent.attempts:
            agent.report()  # lists it, which acknowledges the order
            return next(iter(agent.attempts.values()))
        agent.poll()
    raise AssertionError("the agent was given no order")


def client_files(agent):
    """Certificate and key, for the client of the harness or for another program."""
    return agent.state / "certificate.pem", agent.state / "key.pem"
