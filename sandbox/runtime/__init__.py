"""
The shell: drives the ports and decides nothing.

`sync` tells the whole story on one screen: load, observe, plan, execute, record. `worker` repeats
it for one environment, `controller` keeps the workers, `control` is what a person can ask.
"""
