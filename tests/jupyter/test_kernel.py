"""The kernel before Jupyter's own conformance suite, with every optional sample supplied.

Run with the Python that has jupyter_kernel_test, after `featureinterp install --prefix P`:

    JUPYTER_PATH=P/share/jupyter /usr/bin/python3 -m unittest discover -s tests/jupyter -p 'test_*.py' -v
"""
import time
import unittest

import jupyter_kernel_test
from jupyter_kernel_test.msgspec_v5 import validate_message


class CSharpKernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = ".net-csharp"
    language_name = "C#"
    file_extension = ".cs"

    code_hello_world = 'Console.WriteLine("hello, world");'
    code_stderr = 'Console.Error.WriteLine("oops");'
    code_page_something = "Console.WriteLine?"
    code_generate_error = 'throw new InvalidOperationException("meant to fail");'
    code_clear_output = "ClearOutput();"
    code_inspect_sample = "Math.Max"

    completion_samples = [
        {"text": "Console.WriteLi", "matches": {"WriteLine"}},
        {"text": "Math.Sq", "matches": {"Sqrt"}},
    ]
    complete_code_samples = ["1 + 1", "var x = 3;", "class A { }", "#!time\nvar y = 4;"]
    incomplete_code_samples = ["for (var i = 0; i < 3; i++) {", "Math.Max(1,", "class B {"]
    invalid_code_samples = ["var x = ;", "int int = 3;"]

    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": '"a" + "b"', "result": "ab"},
        {"code": "new[] { 1, 2 }.Sum()", "result": "3"},
    ]
    code_display_data = [
        {"code": 'display(HTML("<b>bold</b>"));', "mime": "text/html"},
        {"code": '"text".Display();', "mime": "text/plain"},
        {"code": 'display(new { a = 1 }, "application/json");', "mime": "application/json"},
    ]
    code_history_pattern = "6 ?*7"
    supported_history_operations = ("tail", "range", "search")

    def outputs_of(self, code, **options):
        self.flush_channels()
        msg_id = self.kc.execute(code, **options)
        outputs = []
        while True:
            message = self.kc.get_iopub_msg(timeout=30)
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            validate_message(message, message["msg_type"], msg_id)
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
            outputs.append(message)
        return self.kc.get_shell_msg(timeout=30), outputs

    def test_json_types_are_json(self):
        _, outputs = self.outputs_of('display(new { a = 1 }, "application/json");')
        shown = [m for m in outputs if m["msg_type"] == "display_data"][0]
        self.assertEqual(shown["content"]["data"]["application/json"], {"a": 1})
        self.assertIn("text/plain", shown["content"]["data"])

    def test_update_names_its_display(self):
        _, outputs = self.outputs_of('var shown = display("first"); shown.Update("second");')
        kinds = {m["msg_type"]: m for m in outputs}
        self.assertEqual(
            kinds["display_data"]["content"]["transient"]["display_id"],
            kinds["update_display_data"]["content"]["transient"]["display_id"],
        )

    def test_user_expressions(self):
        reply, _ = self.outputs_of("var seven = 7;", user_expressions={"six": "seven - 1", "bad": "nothing"})
        values = reply["content"]["user_expressions"]
        self.assertEqual(values["six"]["data"]["text/plain"], "6")
        self.assertEqual(values["bad"]["status"], "error")

    def test_input(self):
        self.flush_channels()
        self.kc.execute('Console.Write("Who? "); var who = Console.ReadLine(); who.Length', allow_stdin=True)
        self.kc.get_stdin_msg(timeout=30)
        self.kc.input("Grace")
        reply = self.kc.get_shell_msg(timeout=30)
        self.assertEqual(reply["content"]["status"], "ok", reply["content"])

    def test_interrupt_keeps_variables(self):
        self.outputs_of("var kept = 5;")
        self.kc.execute('Console.Write("on my way"); while (true) { }')
        while self.kc.get_iopub_msg(timeout=30)["msg_type"] != "stream":
            pass
        begun = time.monotonic()
        self.km.interrupt_kernel()
        reply = self.kc.get_shell_msg(timeout=30)
        self.assertEqual(reply["content"]["status"], "error")
        self.assertLess(time.monotonic() - begun, 5)
        reply, outputs = self.outputs_of("kept + 1")
        results = [m for m in outputs if m["msg_type"] == "execute_result"]
        self.assertEqual(results[0]["content"]["data"]["text/plain"], "6", reply)

    def test_many_lines_are_few_messages(self):
        _, outputs = self.outputs_of("for (var i = 0; i < 20000; i++) Console.WriteLine(i);")
        streams = [m for m in outputs if m["msg_type"] == "stream"]
        self.assertEqual("".join(m["content"]["text"] for m in streams), "".join(f"{i}\n" for i in range(20000)))
        self.assertLess(len(streams), 200)

    def test_comm_to_nowhere_is_closed(self):
        self.flush_channels()
        message = self.kc.session.msg("comm_open", {"comm_id": "c1", "target_name": "nowhere", "data": {}})
        self.kc.shell_channel.send(message)
        while True:
            answer = self.kc.get_iopub_msg(timeout=30)
            if answer["msg_type"] == "comm_close":
                break
        self.assertEqual(answer["content"]["comm_id"], "c1")


if __name__ == "__main__":
    unittest.main()
