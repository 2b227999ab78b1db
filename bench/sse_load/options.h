// Options of sse_load: whom to load, with what.
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <string>
#include <vector>

struct Url {
  std::string host;  // with its port, as the Host field wants it
  std::string path;
  sockaddr_in address{};
};

struct Options {
  Url subscribe;
  Url publish;
  std::vector<std::string> headers = {};  // of each publication
  std::string body = "{msg}";             // {msg} stands for the event
  std::string expect = {};                // must stand in the answer to a publication
  std::string label = {};
  std::size_t subscribers = 100;
  std::size_t events = 1000;
  std::size_t size = 200;  // bytes of an event
  double rate = 0;         // events a second; 0: as fast as they are answered
  std::size_t sources = 1;
  int pid = 0;  // the server; 0: nothing is measured of it
};

// Ends the program when they are wrong.
Options parse_options(int argc, char** argv);
[[noreturn]] void die(const std::string& what);
